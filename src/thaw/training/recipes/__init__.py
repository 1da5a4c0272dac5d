"""One file a strategy: its recipe, the source, the score to expect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...records import Strategy, TrainingPlan


@dataclass(frozen=True)
class RecipeInputs:
    """What a recipe depends on."""

    rows: int
    """To train on."""
    convolutional: bool
    """BatchNorm and convolutions instead of attention."""
    parameters: int
    validated: bool
    """There is a validation split to stop on."""
    augment: bool = False
    """Train on random crops and mirror images."""


STEPS = 300
"""About what small data needs to converge at batch 32, whatever their number of rows (Mosbach 2021, Zhang 2021)."""


def epochs(rows: int, batch: int, steps: int = STEPS, fewest: int = 3, most: int = 20) -> int:
    """Epochs that make about `steps` steps.

    >>> epochs(40, 32), epochs(1400, 32), epochs(100_000, 32)
    (20, 7, 3)
    """
    return min(most, max(fewest, round(steps / -(-rows // batch))))


def recipe(strategy: Strategy) -> Callable[[RecipeInputs], TrainingPlan]:
    from . import full, lora, partial

    return {"partial": partial.plan, "lora": lora.plan, "full": full.plan}[strategy]
