"""The variables that a training moves, with their names and learning rates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...records import LoraPlan, TrainingPlan
from .lora import Adapter, adapters


@dataclass(frozen=True)
class Group:
    """Variables with one learning rate: those of a block, or of the head."""

    variables: list[Any]
    learning_rate: float
    named: dict[str, Any]
    """What a state dict holds of it: the variables, and BatchNorm's statistics, though no gradient moves them."""
    adapters: list[Adapter] = field(default_factory=list)


@dataclass(frozen=True)
class Trainable:
    """All groups together. Where there are adapters, their variables come first."""

    variables: list[Any]
    learning_rates: list[float]
    named: dict[str, Any]
    adapters: list[Adapter]

    @property
    def parameters(self) -> int:
        return sum(int(np.prod(variable.shape)) for variable in self.variables)


def trainable(blocks: list[Any], head: list[Any], cut: int, training: TrainingPlan, seed: int) -> Trainable:
    """The blocks from the cut on, or adapters of their dense layers, and the head. Deeper blocks' rates decay."""
    random, top = np.random.default_rng(seed), len(blocks) - 1
    groups = []
    for place, block in enumerate(blocks[cut:], start=cut):
        rate = training.learning_rate * training.layer_decay ** (top - place)
        lora = training.lora
        groups.append(_adapters(place, block, rate, lora, random) if lora else _weights(place, block, rate))
    groups.append(_head(head, training.head_learning_rate))
    return Trainable(
        variables=[variable for group in groups for variable in group.variables],
        learning_rates=[group.learning_rate for group in groups for _ in group.variables],
        named={name: variable for group in groups for name, variable in group.named.items()},
        adapters=[adapter for group in groups for adapter in group.adapters],
    )


def _weights(place: int, block: Any, rate: float) -> Group:
    named = {f"{place}.{index}.{weight.name}": weight.value for index, weight in enumerate(block.weights)}
    return Group([weight.value for weight in block.trainable_weights], rate, named)


def _adapters(place: int, block: Any, rate: float, lora: LoraPlan, random: np.random.Generator) -> Group:
    added = adapters(block, lora.rank, lora.alpha, lora.dropout, random)
    variables = [variable for adapter in added for variable in adapter.variables]
    named = {f"{place}.lora.{index}": variable for index, variable in enumerate(variables)}
    return Group(variables, rate, named, added)


def _head(layers: list[Any], rate: float) -> Group:
    variables = [weight.value for layer in layers for weight in layer.trainable_weights]
    return Group(variables, rate, {f"head.{index}": variable for index, variable in enumerate(variables)})
