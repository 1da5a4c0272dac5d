"""With how many rows, all else equal, the choice would be another."""

from __future__ import annotations

from collections.abc import Callable

from ..core.contracts import Strategy

STEP = 1.25
MOST_ROWS = 10_000
"""The table ends below: what lies far beyond is not said."""
LEAST_ROWS = 20


def flips(choice: Callable[[int], Strategy], rows: int, classes: int, current: Strategy) -> tuple[str, ...]:
    """`choice` says what would be taken with so many rows; `current` is taken with `rows`."""
    said = []
    for direction, counts in (("From about", growing(rows)), ("Below about", shrinking(rows))):
        other = next(((count, other) for count in counts if (other := choice(count)) != current), None)
        if other:
            count, strategy = other
            said.append(
                f"{direction} {count} rows to train on, {count / classes:.0f} a class, {strategy} would be chosen."
            )
    return tuple(said)


def growing(rows: int) -> list[int]:
    """
    >>> growing(6000)
    [7500, 9375]
    """
    return [round(rows * STEP**k) for k in range(1, 40) if rows * STEP**k <= MOST_ROWS]


def shrinking(rows: int) -> list[int]:
    return [round(rows / STEP**k) for k in range(1, 40) if rows / STEP**k >= LEAST_ROWS]
