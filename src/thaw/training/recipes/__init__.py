"""Training recipes: one file per strategy, with its source and the score to expect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...records import Strategy, TrainingPlan


@dataclass(frozen=True)
class RecipeInputs:
    """Facts of the data and the network that a recipe depends on."""

    rows: int
    """Rows to train on."""
    convolutional: bool
    """True for BatchNorm and convolutions, false for attention."""
    parameters: int
    validated: bool
    """True when there is a validation split for early stopping."""
    augment: bool = False
    """Train on random crops and mirror images."""


UPDATES = 300
"""Updates of 32 rows that small data needs to converge, whatever its number of rows (Mosbach 2021, Zhang 2021)."""
MIN_EPOCHS, MAX_EPOCHS = 3, 20


def epochs(rows: int, batch_size: int, updates: int = UPDATES) -> int:
    """Epochs that make about so many updates, within MIN_EPOCHS and MAX_EPOCHS.

    >>> epochs(40, 32), epochs(1400, 32), epochs(100_000, 32)
    (20, 7, 3)
    """
    return min(MAX_EPOCHS, max(MIN_EPOCHS, round(updates / -(-rows // batch_size))))


def recipe(strategy: Strategy) -> Callable[[RecipeInputs], TrainingPlan]:
    from . import full, lora, partial

    return {"partial": partial.plan, "lora": lora.plan, "full": full.plan}[strategy]
