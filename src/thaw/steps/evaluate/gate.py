"""The gate: which conditions a model must meet to be released."""

from __future__ import annotations

from ...records import Comparison, Interval, LearnedSomething, Metric, NotSignificantlyWorse, SameModel

MAX_P_WORSE = 0.975
"""A model that is worse than the champion in this share of paired resamples is refused: a one-sided test at 2.5%, which
is one side of the 95% interval of the difference."""


def learned_something(metric: Metric, score: Interval, majority: float, classes: int) -> LearnedSomething:
    """The rule that the lower bound of the score is above what a constant prediction scores.

    A constant reaches the share of the largest class in accuracy, and 1 / classes in balanced accuracy: a model that is
    trained for rare classes rightly gives up some plain accuracy.
    """
    constant = majority if metric == "accuracy" else 1 / classes
    return LearnedSomething(passed=score.low > constant, metric=metric, low=score.low, constant=constant)


def against_champion(comparison: Comparison, model: str, accuracy: float) -> NotSignificantlyWorse | SameModel:
    """The rule that `model` (its checksum), of this accuracy, is not significantly worse than the champion."""
    if comparison.version == model:
        return SameModel(champion=model)
    return NotSignificantlyWorse(
        passed=comparison.p_worse < MAX_P_WORSE,
        champion=comparison.version,
        accuracy=accuracy,
        champion_accuracy=comparison.accuracy.value,
        p_worse=comparison.p_worse,
        max_p_worse=MAX_P_WORSE,
    )
