"""What the scores of a cell owe to luck: to the test rows, and to the seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .cells import Cell, Seed

BUCKETS = (150, 600, 2000)
"""Rows that part the sizes whose seeds are pooled."""


def row_covariance(cell: Cell, seed: Seed, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
    """(strategies, strategies): of the scores of one seed, from drawing other test rows."""
    right = np.array([seed.right[each][rows] for each in cell.strategies], float)
    if cell.metric == "accuracy":
        return np.cov(right) / right.shape[1]
    labels = cell.labels[rows]
    parts = [right[:, labels == label] for label in np.unique(labels)]
    each = [np.cov(part) / part.shape[1] if part.shape[1] > 1 else np.full((len(right),) * 2, 0.0) for part in parts]
    return np.asarray(np.sum(each, axis=0) / len(parts) ** 2)


class SeedNoise:
    """Variance of a strategy's score between seeds, against the other strategies on the same seed, pooled over cells of
    about as many rows."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        found: dict[int, list[float]] = {bucket(rows): [] for rows in (*BUCKETS, 10**9)}
        for cell in cells:
            if len(cell.seeds) > 1:
                found[bucket(cell.rows)].append(between(cell))
        pooled = [float(np.mean(each)) for each in found.values() if each]
        self.of = {
            place: float(np.mean(each)) if each else float(np.mean(pooled or [1e-4])) for place, each in found.items()
        }

    def variance(self, rows: int) -> float:
        return self.of[bucket(rows)]


def bucket(rows: int) -> int:
    return sum(rows > border for border in BUCKETS)


def between(cell: Cell) -> float:
    """The same test rows serve every seed, so the rows' luck is nearly all in what seeds have in common."""
    apart = cell.scores - cell.scores.mean(1, keepdims=True)
    return float(apart.var(0, ddof=1).mean())
