"""What a row of the table is: its sides, and what is concluded from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

Modality = str
Runs = dict[str, list[dict[str, Any]]]
"""Side to its measurements, in the order in which they were made."""


@dataclass(frozen=True)
class Setting:
    """Where and how the sides of a row run."""

    work: Path
    options: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """A line of the table. `theirs` and `ours` are in `unit`; reached says so only of what has a target."""

    name: str
    theirs: float
    ours: float
    ratio: float
    target: str
    reached: bool
    unit: str = "s"
    accuracies: tuple[float, float] | None = None
    """Theirs and ours, on the held-out rows."""
    noise: float | None = None
    """Half the range of the ratios of the single rounds."""


@dataclass(frozen=True)
class Row:
    name: str
    modality: Modality
    """Modality of the data that it needs; empty where it makes its own."""
    sides: tuple[str, ...]
    """`module:function`, in the order of a round."""
    judge: Callable[[Runs, dict[str, Any]], list[Line]]
    """The row's lines, from the measurements and the facts of the prepared data."""
    once: tuple[str, ...] = ()
    """Sides that are run once: their seconds count for nothing."""
    set_up: Callable[[Setting], AbstractContextManager[Setting]] = nullcontext
    """Lays out what this row alone needs."""
    absent: Callable[[], str] = str
    """Why it cannot be measured on this machine; empty where it can."""


def median_of(runs: Runs, side: str, key: str = "seconds") -> float:
    return median(run[key] for run in runs[side])


def ratio_line(
    name: str, runs: Runs, theirs: str, ours: str, min_ratio: float, scored: str = "", test_rows: int = 0
) -> Line:
    """Ours is to be `min_ratio` times as fast, and as accurate as `scored` (a side; empty: not compared)."""
    ratio = median_of(runs, theirs) / median_of(runs, ours)
    accuracies = (median_of(runs, scored, "accuracy"), median_of(runs, ours, "accuracy")) if scored else None
    return Line(
        name,
        median_of(runs, theirs),
        median_of(runs, ours),
        ratio,
        f"≥ {min_ratio:g}",
        ratio >= min_ratio and (accuracies is None or as_accurate(*accuracies, test_rows)),
        accuracies=accuracies,
        noise=spread(runs, theirs, ours),
    )


def as_accurate(theirs: float, ours: float, test_rows: int) -> bool:
    """Whether ours is not lower by more than one standard error of theirs on so many rows.

    >>> as_accurate(0.9, 0.885, 300), as_accurate(0.9, 0.88, 300)
    (True, False)
    """
    return ours >= theirs - (theirs * (1 - theirs) / max(1, test_rows)) ** 0.5


def spread(runs: Runs, theirs: str, ours: str) -> float:
    """Half the range of the ratios of the rounds."""
    ratios = [a["seconds"] / b["seconds"] for a, b in zip(runs[theirs], runs[ours], strict=False)]
    return (max(ratios) - min(ratios)) / 2


def turns(row: Row, repeats: int) -> Iterator[tuple[int, str]]:
    """(round, side), interleaved: A B, A B, A B."""
    for turn in range(repeats):
        for side in row.sides:
            if not turn or side not in row.once:
                yield turn, side
