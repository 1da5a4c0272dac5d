"""Learning rates and the order of rows, as functions of the update and the seed alone: training can resume anywhere.

They are our own, and not a framework's scheduler and sampler, because both engines must follow the same schedule, and
because those keep a state that a checkpoint would have to hold.
"""

from __future__ import annotations

import math

import numpy as np

MEGA_BATCH = 50
"""Batches within which rows are sorted by length: little padding, and the order is still random."""


def warmup_cosine(update: int, total: int, warmup_ratio: float) -> float:
    """Share of the peak learning rate at `update` of `total`: linear warm-up, then cosine decay to zero.

    With w = max(1, round(total × warmup_ratio)) updates of warm-up (Loshchilov & Hutter 2017, "SGDR"):

        u < w:  (u + 1) / w
        else:   (1 + cos(π (u − w) / (total − w))) / 2

    >>> [round(warmup_cosine(update, 10, 0.2), 2) for update in range(10)]
    [0.5, 1.0, 1.0, 0.96, 0.85, 0.69, 0.5, 0.31, 0.15, 0.04]
    """
    warmup = max(1, round(total * warmup_ratio))
    if update < warmup:
        return (update + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (update - warmup) / max(1, total - warmup)))


def epoch_batches(lengths: np.ndarray, batch_size: int, seed: int, epoch: int) -> list[np.ndarray]:
    """The rows of each batch of an epoch, in order: every row once, rows of similar `lengths` (rows,) together."""
    rng = np.random.default_rng([seed, epoch])
    order = rng.permutation(len(lengths))
    batches: list[np.ndarray] = []
    for start in range(0, len(order), batch_size * MEGA_BATCH):
        mega = order[start : start + batch_size * MEGA_BATCH]
        mega = mega[np.argsort(lengths[mega], kind="stable")]
        batches += [mega[i : i + batch_size] for i in range(0, len(mega), batch_size)]
    return [batches[i] for i in rng.permutation(len(batches))]
