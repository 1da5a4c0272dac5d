"""The confusion matrix as a heat map, and as a list of the most frequent confusions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..records import Evaluation

MAX_CLASSES = 50
"""Classes in the heat map: with more of them, those with the most errors."""
MAX_HALF_WIDTH = 10
"""Classes up to which the heat map takes half of the page's width."""
MAX_NUMBERED = 16
"""Classes up to which each cell has room for a number."""
MAX_CELL = 44
"""Pixels a side."""
DEEP = 0.62
"""Shade from which text in a cell is light."""
MAX_PAIRS = 10


@dataclass(frozen=True)
class Cell:
    """Test rows of a true class that got a predicted one."""

    rows: int
    share: float
    """Share of the true class."""
    shade: float
    """Opacity of the colour. The eye takes the root for the share itself, and rare confusions stay visible."""
    kinds: str
    """Classes of the style sheet: `hit` on the diagonal, `deep` where the text is light."""


@dataclass(frozen=True)
class Heatmap:
    """The rows and columns of a confusion matrix that are drawn."""

    names: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]
    """A tuple for each true class."""
    side: int
    """Pixels of a cell."""
    wide: bool
    """Whether it takes more than half of the page's width."""
    numbered: bool
    """Whether there is room for numbers in the cells."""


@dataclass(frozen=True)
class Confusion:
    """Test rows of the class `label` that got the class `predicted`."""

    label: str
    predicted: str
    rows: int
    share: float
    """Share of the rows of `label`."""


def heatmap(evaluation: Evaluation) -> Heatmap:
    """The confusion matrix, of the classes with the most errors where there are too many of them."""
    counts = np.array(evaluation.confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    drawn = _most_confused(counts).tolist()
    wide = len(drawn) > MAX_HALF_WIDTH
    return Heatmap(
        names=tuple(evaluation.classes[index] for index in drawn),
        cells=tuple(
            tuple(_cell(int(counts[row, column]), float(shares[row, column]), row == column) for column in drawn)
            for row in drawn
        ),
        side=min(MAX_CELL, (800 if wide else 320) // len(drawn) - 2),
        wide=wide,
        numbered=len(drawn) <= MAX_NUMBERED,
    )


def frequent_confusions(evaluation: Evaluation) -> list[Confusion]:
    """The pairs of classes with the most errors, from the most frequent down."""
    counts = np.array(evaluation.confusion)
    errors = counts - np.diag(counts.diagonal())
    order = np.argsort(-errors, axis=None, kind="stable")[:MAX_PAIRS]
    pairs = zip(*(indices.tolist() for indices in np.unravel_index(order, errors.shape)), strict=True)
    return [
        Confusion(
            evaluation.classes[row],
            evaluation.classes[column],
            int(errors[row, column]),
            float(errors[row, column] / counts[row].sum()),
        )
        for row, column in pairs
        if errors[row, column]
    ]


def _most_confused(counts: np.ndarray) -> np.ndarray:
    """Indices of the classes that are drawn, in their order."""
    if len(counts) <= MAX_CLASSES:
        return np.arange(len(counts))
    wrong = counts.sum(axis=0) + counts.sum(axis=1) - 2 * counts.diagonal()
    return np.sort(np.argsort(-wrong, kind="stable")[:MAX_CLASSES])


def _cell(rows: int, share: float, hit: bool) -> Cell:
    shade = share**0.5
    kinds = [kind for kind, holds in (("hit", hit), ("deep", shade > DEEP)) if holds]
    return Cell(rows, share, shade, " ".join(kinds))
