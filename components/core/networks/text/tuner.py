"""Gradient steps on the blocks above a cut."""

from __future__ import annotations

import numpy as np
import torch

from ...contracts import Plan, TrainingPlan
from ..contract import State
from .examples import TextExamples
from .modeling import masked_mean
from .network import TextNetwork


class TextTuner:
    def __init__(self, network: TextNetwork, plan: Plan) -> None:
        assert plan.training is not None, "a frozen plan has nothing to tune"
        torch.manual_seed(plan.seed)
        self.network, self.cut, self.plan = network, plan.cut, plan.training
        network.classifier.requires_grad_(False)
        self.adapters = adapt(network, self.plan, self.cut) if self.plan.lora else None
        self.trained = trained(network, self.cut, only_adapters=self.adapters is not None)
        for parameter in self.trained.values():
            parameter.requires_grad_(True)
        self.trained_parameters = sum(p.numel() for p in self.trained.values())
        self.dropout = torch.nn.Dropout(self.plan.dropout)
        self.groups = rate_groups(network, self.trained, self.plan)
        self.optimizer = (
            torch.optim.AdamW(self.groups, betas=(0.9, 0.999), eps=1e-8)
            if self.plan.optimizer == "adamw"
            else torch.optim.SGD(self.groups, momentum=0.9)
        )

    def step(self, batch: TextExamples, labels: np.ndarray, weights: np.ndarray, rate: float) -> float:
        self.training_mode()
        inputs = self.network.batch(batch)
        with self.network.half():
            hidden = self.network.encode_batch(inputs, batch.cut)
        pooled = self.dropout(masked_mean(hidden, inputs[1]))
        logits = self.network.classifier.head(pooled)
        targets = torch.from_numpy(labels.astype(np.int64)).to(logits.device)
        losses = torch.nn.functional.cross_entropy(logits, targets, reduction="none")
        loss = (losses * torch.from_numpy(weights.astype(np.float32)).to(logits.device)).mean()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.trained.values(), self.plan.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["peak"]
        self.optimizer.step()
        return float(loss.detach())

    def training_mode(self) -> None:
        """Dropout only above the cut: what is below runs as it will in production."""
        self.network.classifier.train()
        for module in self.network.layout.modules(0, self.cut):
            module.eval()

    def variables(self) -> State:
        return {name: parameter.detach().cpu().numpy().copy() for name, parameter in self.trained.items()}

    def assign(self, variables: State) -> None:
        with torch.no_grad():
            for name, parameter in self.trained.items():
                parameter.copy_(torch.from_numpy(variables[name]))

    def finish(self) -> None:
        if self.adapters is not None:
            self.network.classifier.encoder = self.adapters.merge_and_unload()
            self.adapters = None
            self.network.refresh()
        self.network.classifier.eval().requires_grad_(False)


def adapt(network: TextNetwork, plan: TrainingPlan, cut: int):  # type: ignore[no-untyped-def]
    """Adapters on every linear layer of the trained blocks (Schulman 2025, "LoRA without regret")."""
    from peft import LoraConfig, get_peft_model

    assert plan.lora is not None
    names = [
        name
        for name, module in network.encoder.named_modules()
        if isinstance(module, torch.nn.Linear)
        and name.startswith(network.layout.prefix + ".")
        and network.layout.block_of(name) >= cut
    ]
    lora = LoraConfig(
        r=plan.lora.rank, lora_alpha=plan.lora.alpha, lora_dropout=plan.lora.dropout, target_modules=names
    )
    adapters = get_peft_model(network.encoder, lora)
    network.refresh()
    return adapters


def trained(network: TextNetwork, cut: int, only_adapters: bool) -> dict[str, torch.nn.Parameter]:
    """Parameters of the blocks above the cut (or their adapters) and of the head, by name."""
    chosen = {f"head.{name}": p for name, p in network.classifier.head.named_parameters()}
    for name, parameter in network.encoder.named_parameters():
        if network.layout.block_of(name) >= cut and (not only_adapters or "lora_" in name):
            chosen[f"encoder.{name}"] = parameter
    return chosen


def rate_groups(network: TextNetwork, trained: dict[str, torch.nn.Parameter], plan: TrainingPlan) -> list[dict]:
    """A group a parameter: its peak rate, and no decay on biases and norms."""
    top = len(network.blocks) - 1
    groups = []
    for name, parameter in trained.items():
        scope, inner = name.split(".", 1)
        below = 0 if scope == "head" else top - network.layout.block_of(inner)
        peak = plan.head_rate if scope == "head" else plan.rate * plan.rate_decay**below
        decay = plan.weight_decay if parameter.ndim > 1 else 0.0
        groups.append({"params": [parameter], "peak": peak, "lr": 0.0, "weight_decay": decay})
    return groups
