"""Whether a model may be released, in sentences."""

from __future__ import annotations

from ...records import Comparison, Interval, Metric

WORSE = 0.975
"""Share of paired resamples in which a model must be worse than the champion to be refused: one side of a 95%
interval of the difference below zero."""


def gate(
    learned: tuple[bool, str], champion: Comparison | None, note: str, same: bool = False
) -> tuple[bool, tuple[str, ...]]:
    """Pass or not, and a sentence a condition. `learned` is the first, `note` says why there is no champion to
    compare with, `same` that the champion has the same content."""
    passed, first = learned
    kept, second = _kept(champion, same) if champion else (True, note)
    return passed and kept, (first, second)


def has_learned(metric: Metric, score: Interval, majority: float, classes: int) -> tuple[bool, str]:
    """Is the lower bound of the score above what a constant reaches: the share of the largest class, or one class's
    recall where balanced accuracy counts? A model trained for rare classes rightly gives up some plain accuracy."""
    constant, whose = (majority, "the majority class's") if metric == "accuracy" else (1 / classes, "a constant's")
    name, low, share = metric.replace("_", " "), f"{score.low:.1%}", f"{constant:.1%}"
    if score.low > constant:
        return True, f"Has learned something: the lower bound of its {name}, {low}, is above {whose} {share}."
    return False, (
        f"Has not shown that it learned anything: the lower bound of its {name}, {low}, is not above {whose} {share}."
    )


def _kept(champion: Comparison, same: bool) -> tuple[bool, str]:
    ours = champion.accuracy.value + champion.difference.value
    numbers = (
        f"accuracy {ours:.1%} against {champion.accuracy.value:.1%} on the same rows, "
        f"worse in {champion.p_worse:.1%} of paired resamples"
    )
    if same:
        return True, f"The champion {champion.version[:12]} is this very model: its files have the same content."
    name = f"the champion {champion.version[:12]}"
    if champion.p_worse >= WORSE:
        return False, f"Significantly worse than {name}: {numbers} (refused from {WORSE:.1%})."
    return True, f"Not significantly worse than {name}: {numbers} (refused from {WORSE:.1%})."
