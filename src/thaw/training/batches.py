"""Batches of the training rows, prepared in advance."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data.prefetch import prefetch
from ..heads.folds import row_weights
from ..networks.protocol import Examples, Tuner
from ..records import Plan
from .schedule import epoch_batches


@dataclass(frozen=True)
class Batch:
    prepared: Any
    """The batch as `Tuner.prepare` returned it."""
    labels: np.ndarray
    weights: np.ndarray


class Batches:
    """Batches of every epoch, each a function of the plan's seed and the epoch."""

    def __init__(self, examples: Examples, labels: np.ndarray, plan: Plan, weights: np.ndarray | None = None) -> None:
        assert plan.training is not None, "a frozen plan has nothing to train"
        self.examples, self.labels, self.seed = examples, labels, plan.seed
        self.weights = row_weights(labels, plan.class_weights, weights)
        self.batch_size = plan.training.batch_size
        self.per_epoch = -(-len(labels) // self.batch_size)

    def of_epoch(self, tuner: Tuner, epoch: int, start: int) -> Generator[Batch, None, None]:
        """The epoch's batches from number `start`, prepared in another thread."""
        batches = epoch_batches(self.examples.lengths, self.batch_size, self.seed, epoch)[start:]

        def prepare(rows: np.ndarray) -> Batch:
            return Batch(tuner.prepare(self.examples.take(rows)), self.labels[rows], self.weights[rows])

        with closing(prefetch(prepare, batches)) as prepared:
            yield from prepared
