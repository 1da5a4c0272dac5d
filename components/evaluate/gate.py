"""Whether a model may be released, in sentences."""

from __future__ import annotations

from ..core.contracts import Comparison, Interval

WORSE = 0.975
"""Share of paired resamples in which a model must be worse than the champion to be refused: one side of a 95%
interval of the difference below zero."""


def gate(
    accuracy: Interval, majority: float, champion: Comparison | None, note: str, same: bool = False
) -> tuple[bool, tuple[str, ...]]:
    """Pass or not, and a sentence a condition. `note` says why there is no champion to compare with,
    `same` that the champion has the same content."""
    learned, first = _learned(accuracy, majority)
    kept, second = _kept(champion, same) if champion else (True, note)
    return learned and kept, (first, second)


def _learned(accuracy: Interval, majority: float) -> tuple[bool, str]:
    low, share = f"{accuracy.low:.1%}", f"{majority:.1%}"
    if accuracy.low > majority:
        return (
            True,
            f"Has learned something: the lower bound of its accuracy, {low}, is above the majority class's {share}.",
        )
    return False, (
        f"Has not shown that it learned anything: the lower bound of its accuracy, {low}, "
        f"is not above the majority class's {share}."
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
