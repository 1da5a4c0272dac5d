"""The sample: rows of every class, and depths from the lowest to the last."""

from __future__ import annotations

import numpy as np

MAX_ROWS = 2000
MAX_DEPTHS = 6
"""Probed depths, the last among them."""


def stratified(labels: np.ndarray, max_rows: int = MAX_ROWS) -> np.ndarray:
    """Sorted indices of at most `max_rows` rows, each class in proportion but never below 2 while it has them."""
    if len(labels) <= max_rows:
        return np.arange(len(labels))
    share = max_rows / len(labels)
    random = np.random.default_rng(0)
    chosen = []
    for label in np.unique(labels):
        rows = random.permutation(np.flatnonzero(labels == label))
        chosen.append(rows[: max(2, int(share * len(rows)))])
    return np.sort(np.concatenate(chosen))


def spaced_depths(blocks: int) -> list[int]:
    """Probed depths of a network with so many blocks, evenly apart.

    >>> spaced_depths(7), spaced_depths(3)
    ([2, 3, 4, 5, 6, 7], [1, 2, 3])
    """
    count = min(MAX_DEPTHS, blocks)
    return [-(-blocks * k // count) for k in range(1, count + 1)]
