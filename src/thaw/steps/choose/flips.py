"""What would have to be different for the choice to be another: the number of rows, or what a pilot showed."""

from __future__ import annotations

from collections.abc import Callable

from ...records import Pilot, Strategy

STEP = 1.25
MOST_ROWS = 10_000
"""The table ends below: what lies far beyond is not said."""
LEAST_ROWS = 20
FINE, FAR = 0.005, 0.2
"""Scores of a pilot are looked at in steps of FINE, up to FAR away."""


def flips(choice: Callable[[int], Strategy], rows: int, classes: int, current: Strategy) -> tuple[str, ...]:
    """`choice` says what would be taken with so many rows; `current` is taken with `rows`."""
    more, fewer = growing(rows), shrinking(rows)
    said = []
    for direction, counts in (("From about", more), ("Below about", fewer)):
        other = next(((count, other) for count in counts if (other := choice(count)) != current), None)
        if other:
            count, strategy = other
            said.append(
                f"{direction} {count} rows to train on, {count / classes:.0f} a class, {strategy} would be chosen."
            )
    least, most = min([*fewer, rows]), max([*more, rows])
    return tuple(said) or (f"From {least} to {most} rows to train on, all else equal, the choice stays {current}.",)


def turns(choice: Callable[[float], Strategy], pilot: Pilot, current: Strategy) -> str:
    """The validation score nearest to the pilot's own with which another strategy would be taken; empty where there is
    none. `choice` says what would be taken after another score."""
    away = [sign * FINE * k for k in range(1, round(FAR / FINE) + 1) for sign in (1, -1)]
    for score in (pilot.score + each for each in away):
        if 0 <= score <= 1 and (other := choice(score)) != current:
            return (
                f"Had the pilot of {pilot.strategy} ended at {score:.3f} instead of {pilot.score:.3f}, {other} would "
                "be chosen."
            )
    return ""


def growing(rows: int) -> list[int]:
    """
    >>> growing(6000)
    [7500, 9375]
    """
    return [round(rows * STEP**k) for k in range(1, 40) if rows * STEP**k <= MOST_ROWS]


def shrinking(rows: int) -> list[int]:
    return [round(rows / STEP**k) for k in range(1, 40) if rows / STEP**k >= LEAST_ROWS]
