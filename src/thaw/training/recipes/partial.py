"""Train the blocks above a cut, from the fitted head, on activations kept at the cut.

The recipe of `full`; transformers at twice its rate: fewer blocks move, and the frozen ones below hold what they have
learned (fastai's `fine_tune` and Howard & Ruder 2018 give the upper blocks the higher rates). Convolutional networks
already train at a high rate, and a higher one is rough on a few hundred images.
Measured: EfficientNet-Lite0 on 2,000 MNIST digits (`python -m benchmarks.recipes`) .97 ± .02 on 299 test rows.
"""

from __future__ import annotations

from ...records import TrainingPlan
from . import RecipeInputs, epochs, full

VERSION = 1
"""Raised by hand when the recipe changes."""
RATE_RATIO = 2.0
"""Learning rate over that of full fine-tuning, for transformers."""
UPDATES = 200
"""Updates of a convolutional network, whose upper blocks need fewer: on 1,400 digits 4, 5 and 7 epochs gave validation
scores of .966, .968 and .972 (two seeds each, standard error .007)."""


def plan(inputs: RecipeInputs) -> TrainingPlan:
    base = full.plan(inputs)
    if inputs.convolutional:
        return base.model_copy(update={"epochs": epochs(inputs.rows, base.batch_size, UPDATES)})
    return base.model_copy(
        update={
            "learning_rate": base.learning_rate * RATE_RATIO,
            "head_learning_rate": base.head_learning_rate * RATE_RATIO,
        }
    )


def default_cut(blocks: int, best_depth: int) -> int:
    """Train the last third, or from where the probes were best if that is deeper inside.

    >>> default_cut(7, best_depth=7), default_cut(18, best_depth=9)
    (4, 9)
    """
    return max(1, min(blocks * 2 // 3, best_depth))
