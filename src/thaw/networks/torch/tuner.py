"""Gradient updates of the blocks above a cut."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.nn import functional

from ...records import Plan
from ..protocol import StateDict
from .batch import Batch
from .embedding import CompactEmbedding, insert_compact_embedding
from .examples import TextExamples
from .lora import add_adapters
from .network import TextNetwork
from .optimizer import HEAD, Optimizer, Parameters, to_numpy


class WeightedLoss(torch.nn.Module):
    """The forward pass of an update. A module of its own, so that DistributedDataParallel can wrap it."""

    def __init__(self, network: TextNetwork, dropout: float) -> None:
        super().__init__()
        self.network, self.classifier, self.dropout = network, network.classifier, torch.nn.Dropout(dropout)

    def forward(self, batch: Batch, labels: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """The mean over rows of weight × cross-entropy; labels (rows,) int64, weights (rows,) float32."""
        logits = self.classifier.head(self.dropout(self.network.head_inputs(batch)))
        return (functional.cross_entropy(logits, labels, reduction="none") * weights).mean()


class TextTuner:
    """`networks.protocol.Tuner` for text: updates by PyTorch, in this process or as one rank of several."""

    rank = 0
    """The number of this process, where several train together."""

    def __init__(self, network: TextNetwork, plan: Plan) -> None:
        assert plan.training is not None, "a frozen plan has nothing to tune"
        torch.manual_seed(plan.seed)
        self.network, self.cut, self.seed, self.updates = network, plan.cut, plan.seed, 0
        network.classifier.requires_grad_(False)
        self.adapters: Any = None
        self.compact: CompactEmbedding | None = None
        if plan.training.lora:
            self.adapters = add_adapters(network.encoder_blocks, plan.training.lora, self.cut)
            network.count_parameters()
        elif self.cut == 0:
            self.compact = insert_compact_embedding(network.encoder, np.flatnonzero(network.seen_tokens))
        self.trained = trainable_parameters(network, self.cut, only_adapters=self.adapters is not None)
        for parameter in self.trained.values():
            parameter.requires_grad_(True)
        self.trained_parameters = sum(p.numel() for p in self.trained.values())
        self.loss: torch.nn.Module = WeightedLoss(network, plan.training.dropout)
        self.optimizer = Optimizer(self.trained, self.depth_from_top, plan.training)

    def depth_from_top(self, name: str) -> int:
        """Blocks between the topmost and that of a trained parameter, or HEAD."""
        scope, inner = name.split(".", 1)
        return HEAD if scope == "head" else len(self.network.blocks) - 1 - self.network.encoder_blocks.block_of(inner)

    def prepare(self, batch: TextExamples) -> Batch:
        return self.network.collate(batch)

    def update(self, prepared: Batch, labels: np.ndarray, weights: np.ndarray, schedule_factor: float) -> torch.Tensor:
        """The loss as a tensor without dimensions: on a GPU nothing here waits for the device."""
        # A function of the update, so that a run that starts again draws what it would have drawn.
        seeds = np.random.SeedSequence([self.seed, self.updates, self.rank])
        torch.manual_seed(int(seeds.generate_state(1)[0]))
        self.set_training_mode()
        device = self.network.torch_device
        targets = torch.from_numpy(labels.astype(np.int64)).to(device, non_blocking=True)
        row_weights = torch.from_numpy(weights.astype(np.float32)).to(device, non_blocking=True)
        loss: torch.Tensor = self.loss(prepared.to(device), targets, row_weights)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.update(schedule_factor)
        self.updates += 1
        return loss.detach()

    def set_training_mode(self) -> None:
        """Dropout only above the cut: what is below runs as it will in production."""
        self.loss.train()
        for module in self.network.encoder_blocks.modules(0, self.cut):
            module.eval()
        for module in self.network.encoder_blocks.around() if self.cut else ():
            module.training = False  # some architectures drop out what goes into the layers in the encoder's own name

    def variables(self) -> StateDict:
        """Copies by name. Of the input embedding only the vectors that are trained."""
        return {name: to_numpy(parameter) for name, parameter in self.trained.items()}

    @torch.no_grad()
    def assign(self, variables: StateDict) -> None:
        for name, parameter in self.trained.items():
            parameter.copy_(torch.from_numpy(variables[name]))

    def state_dict(self) -> StateDict:
        tokens = {"tokens": to_numpy(self.compact.tokens)} if self.compact else {}
        return {**self.variables(), **self.optimizer.state_dict(), **tokens, "updates": np.array(self.updates)}

    def load_state_dict(self, state: StateDict) -> None:
        if self.compact:
            self.compact.set_tokens(state["tokens"])
        self.assign(state)
        self.updates = int(state["updates"])
        self.optimizer.load_state_dict(state, self.updates)

    def finish(self) -> None:
        if self.adapters is not None:
            self.network.classifier.encoder = self.adapters.merge_and_unload()
            self.adapters = None
            self.network.count_parameters()
        if self.compact is not None:
            self.network.encoder.set_input_embeddings(self.compact.merged())
            self.compact = None
        self.network.classifier.eval().requires_grad_(False)


def trainable_parameters(network: TextNetwork, cut: int, only_adapters: bool) -> Parameters:
    """Parameters of the blocks above the cut (or their adapters, which alone require gradients) and of the head."""
    chosen = {f"head.{name}": p for name, p in network.classifier.head.named_parameters()}
    for name, parameter in network.encoder.named_parameters():
        if network.encoder_blocks.block_of(name) >= cut and (not only_adapters or parameter.requires_grad):
            chosen[f"encoder.{name}"] = parameter
    return chosen
