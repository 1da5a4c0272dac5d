"""Learning rates and the order of rows: functions of the step and the seed alone, so that a run can go on anywhere."""

from __future__ import annotations

import math

import numpy as np

MEGA_BATCH = 50
"""Rows are sorted by length within this many batches: little padding, and the order is still random."""


def warmup_cosine(step: int, total: int, warmup: float) -> float:
    """The share of the peak rate at `step` of `total`: linear warm-up, then cosine to zero (Loshchilov & Hutter 2017).

    >>> [round(warmup_cosine(step, 10, 0.2), 2) for step in range(10)]
    [0.5, 1.0, 1.0, 0.96, 0.85, 0.69, 0.5, 0.31, 0.15, 0.04]
    """
    rising = max(1, round(total * warmup))
    if step < rising:
        return (step + 1) / rising
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, total - rising)))


def epoch_batches(lengths: np.ndarray, batch: int, seed: int, epoch: int) -> list[np.ndarray]:
    """The rows of each batch of an epoch, in order: every row once, batches of like `lengths` (rows,)."""
    random = np.random.default_rng([seed, epoch])
    order = random.permutation(len(lengths))
    batches: list[np.ndarray] = []
    for start in range(0, len(order), batch * MEGA_BATCH):
        mega = order[start : start + batch * MEGA_BATCH]
        mega = mega[np.argsort(lengths[mega], kind="stable")]
        batches += [mega[i : i + batch] for i in range(0, len(mega), batch)]
    return [batches[i] for i in random.permutation(len(batches))]
