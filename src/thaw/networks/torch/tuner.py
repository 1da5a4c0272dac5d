"""Gradient steps on the blocks above a cut."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from ...records import Plan, TrainingPlan
from ..protocol import StateDict
from .dropout import QuickDropout, change
from .embedding import CompactEmbedding, make_compact, swap
from .examples import TextExamples
from .network import Batch, TextNetwork
from .optimizer import Optimizer, copied


class WeightedLoss(torch.nn.Module):
    """The forward pass of a step. A module of its own, so that DistributedDataParallel can wrap it."""

    def __init__(self, network: TextNetwork, dropout: float) -> None:
        super().__init__()
        self.network, self.classifier, self.dropout = network, network.classifier, torch.nn.Dropout(dropout)

    def forward(self, batch: Batch, labels: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """The mean over rows of weight × cross-entropy; labels (rows,) int64, weights (rows,) float32."""
        logits = self.classifier.head(self.dropout(self.network.read(batch)))
        return (functional.cross_entropy(logits, labels, reduction="none") * weights).mean()


class TextTuner:
    rank = 0
    """Of the process, where several train together."""

    def __init__(self, network: TextNetwork, plan: Plan) -> None:
        assert plan.training is not None, "a frozen plan has nothing to tune"
        torch.manual_seed(plan.seed)
        self.network, self.cut, self.seed, self.steps = network, plan.cut, plan.seed, 0
        network.classifier.requires_grad_(False)
        self.adapters = adapt(network, plan.training, self.cut) if plan.training.lora else None
        self.compact: CompactEmbedding | None = None
        if self.cut == 0 and self.adapters is None:
            self.compact = make_compact(network.encoder, np.flatnonzero(network.met))
        self.trained = trained(network, self.cut, only_adapters=self.adapters is not None)
        for parameter in self.trained.values():
            parameter.requires_grad_(True)
        self.trained_parameters = sum(p.numel() for p in self.trained.values())
        self.loss: torch.nn.Module = WeightedLoss(network, plan.training.dropout)
        if network.place.type == "cpu":
            change(self.loss, torch.nn.Dropout, QuickDropout)
        self.optimizer = Optimizer(self.trained, self.height, plan.training)

    def height(self, name: str) -> int:
        """Blocks between the topmost and that of a trained parameter; −1 for the head."""
        scope, inner = name.split(".", 1)
        return -1 if scope == "head" else len(self.network.blocks) - 1 - self.network.layout.block_of(inner)

    def prepare(self, batch: TextExamples) -> Batch:
        return self.network.laid_out(batch)

    def update(self, prepared: Batch, labels: np.ndarray, weights: np.ndarray, schedule_factor: float) -> torch.Tensor:
        """The loss as a tensor without dimensions: on a GPU nothing here waits for the device."""
        # A function of the step, so that a run that starts again draws what it would have drawn.
        torch.manual_seed(int(np.random.SeedSequence([self.seed, self.steps, self.rank]).generate_state(1)[0]))
        self.training_mode()
        place = self.network.place
        targets = torch.from_numpy(labels.astype(np.int64)).to(place, non_blocking=True)
        shares = torch.from_numpy(weights.astype(np.float32)).to(place, non_blocking=True)
        loss = self.loss(prepared.to(place), targets, shares)
        self.optimizer.zero()
        loss.backward()
        self.optimizer.step(schedule_factor)
        self.steps += 1
        return loss.detach()

    def training_mode(self) -> None:
        """Dropout only above the cut: what is below runs as it will in production."""
        self.loss.train()
        for module in self.network.layout.modules(0, self.cut):
            module.eval()

    def variables(self) -> StateDict:
        """By name. Of the input embedding only the rows that are trained."""
        return {name: copied(parameter) for name, parameter in self.trained.items()}

    @torch.no_grad()
    def assign(self, variables: StateDict) -> None:
        for name, parameter in self.trained.items():
            parameter.copy_(torch.from_numpy(variables[name]))

    def state_dict(self) -> StateDict:
        held = {"tokens": copied(self.compact.tokens)} if self.compact else {}
        return {**self.variables(), **self.optimizer.moments(), **held, "steps": np.array(self.steps)}

    def load_state_dict(self, state: StateDict) -> None:
        if self.compact:
            self.compact.hold(state["tokens"])
        self.assign(state)
        self.steps = int(state["steps"])
        self.optimizer.put_moments(state, self.steps)

    def finish(self) -> None:
        if self.adapters is not None:
            self.network.classifier.encoder = self.adapters.merge_and_unload()
            self.adapters = None
            self.network.refresh()
        if self.compact is not None:
            swap(self.network.encoder, self.compact, self.compact.merged())
            self.compact = None
        change(self.network.classifier, QuickDropout, torch.nn.Dropout)
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
