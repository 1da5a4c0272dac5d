"""One batch over several ranks.

The loss of a batch of B rows is      (1/B) Σ wᵢ ℓᵢ.
DistributedDataParallel averages gradients over R ranks of bᵣ rows:  (1/R) Σᵣ (1/bᵣ) Σ_{i∈r} vᵢ ℓᵢ.
Both are the same with                vᵢ = wᵢ · bᵣ R / B.
"""

from __future__ import annotations

import numpy as np


def rows_of_rank(rows: int, rank: int, ranks: int) -> np.ndarray:
    """A rank's places in a batch of so many rows. A rank without a row takes the first, to take part."""
    return np.arange(rank, rows, ranks) if rank < rows else np.zeros(1, np.int64)


def part_of_rank(labels: np.ndarray, weights: np.ndarray, rank: int, ranks: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels and weights of a rank's rows, such that the mean over ranks of their weighted means is the batch's.

    A rank without a row takes part with one that weighs nothing.

    >>> [part_of_rank(np.arange(3), np.ones(3), rank, 2)[1].tolist() for rank in range(2)]
    [[1.3333333333333333, 1.3333333333333333], [0.6666666666666666]]
    >>> part_of_rank(np.arange(1), np.ones(1), 1, 2)[1].tolist()
    [0.0]
    """
    places = rows_of_rank(len(labels), rank, ranks)
    factor = len(places) * ranks / len(labels) if rank < len(labels) else 0.0
    return labels[places], weights[places] * factor
