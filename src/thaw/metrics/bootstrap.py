"""Intervals by resampling the test rows (Efron & Tibshirani 1993, chapter 13).

All predictors are scored on the same resamples, so the difference of two of them is a paired bootstrap.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..records import Interval
from . import scores as metrics

RESAMPLES = 1000
CELLS = 2_000_000
"""Weights held at a time: 16 MB, whatever the number of test rows."""


@dataclass(frozen=True)
class Samples:
    scores: dict[str, np.ndarray]
    """The five scores of the model in every resample, each (resamples,)."""
    rivals: np.ndarray
    """Accuracy of every rival in every resample, (rivals, resamples)."""


def bootstrap(
    labels: np.ndarray, logits: np.ndarray, rivals: np.ndarray, *, resamples: int = RESAMPLES, seed: int = 0
) -> Samples:
    """Score every resample of the rows. `rivals` are further predictions of the same rows, (rivals, rows)."""
    count, classes = logits.shape
    predictions = logits.argmax(axis=1)
    confidences = metrics.softmax(logits).max(axis=1)
    bins, right = metrics.confidence_bins(confidences), (predictions == labels).astype(float)
    means = np.column_stack([right, metrics.row_losses(labels, logits), (rivals == labels).T])
    chunks: list[np.ndarray] = []
    for weights in draw(count, resamples, seed):
        # Balanced accuracy and macro F1 need of a resampled confusion matrix its diagonal and its margins alone.
        correct = grouped(weights * right, labels, classes)
        examples, predicted = grouped(weights, labels, classes), grouped(weights, predictions, classes)
        gaps = np.abs(grouped(weights * (right - confidences), bins, metrics.BINS)).sum(axis=1) / count
        f1 = metrics.mean_f1(correct, examples, predicted)
        chunks.append(
            np.column_stack([weights @ means / count, metrics.mean_recall(correct, examples), f1, gaps]),
        )
    table = np.concatenate(chunks).T
    names = ("accuracy", "log_loss", "balanced_accuracy", "macro_f1", "ece")
    return Samples(dict(zip(names, [*table[:2], *table[-3:]], strict=True)), table[2:-3])


def interval(value: float, samples: np.ndarray) -> Interval:
    """95% percentile interval. Resampling adds noise to the bins of ECE, so that its percentiles can all lie above
    the value itself: an interval is widened to hold its value."""
    low, high = np.quantile(samples, [0.025, 0.975])
    return Interval(value=value, low=min(float(low), value), high=max(float(high), value))


def draw(rows: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """How often each resample draws each row, (at most CELLS / rows resamples, rows) at a time."""
    rng = np.random.default_rng(seed)
    most = max(1, CELLS // rows)
    for start in range(0, resamples, most):
        size = min(most, resamples - start)
        drawn = rng.integers(rows, size=(size, rows)) + rows * np.arange(size)[:, None]
        yield np.bincount(drawn.ravel(), minlength=size * rows).reshape(size, rows).astype(float)


def grouped(values: np.ndarray, keys: np.ndarray, groups: int) -> np.ndarray:
    """Sums over rows of equal key: (resamples, rows) to (resamples, groups)."""
    order = np.argsort(keys, kind="stable")
    held, starts = np.unique(keys[order], return_index=True)
    sums = np.zeros((len(values), groups))
    sums[:, held] = np.add.reduceat(values[:, order], starts, axis=1)
    return sums
