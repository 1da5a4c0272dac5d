"""Intervals by resampling the test rows (Efron & Tibshirani 1993, chapter 13).

All predictors are scored on the same resamples, so the difference of two of them is a paired bootstrap. We have our
own because `scipy.stats.bootstrap` calls a score function for every resample: here all of them are matrix products.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..records import Interval
from . import scores as metrics

RESAMPLES = 1000
MAX_WEIGHTS = 2_000_000
"""Weights in memory at a time: 16 MB, whatever the number of test rows."""


@dataclass(frozen=True)
class Samples:
    """Scores in every resample."""

    scores: dict[str, np.ndarray]
    """The five scores of the model, each (resamples,)."""
    others: np.ndarray
    """Accuracy of the other predictors, (predictors, resamples)."""


def bootstrap(
    labels: np.ndarray, logits: np.ndarray, others: np.ndarray, *, resamples: int = RESAMPLES, seed: int = 0
) -> Samples:
    """Score every resample of the rows. `others` are the predictions of other predictors, (predictors, rows)."""
    count, classes = logits.shape
    predictions = logits.argmax(axis=1)
    confidence = metrics.confidences(logits)
    bins, right = metrics.confidence_bins(confidence), (predictions == labels).astype(float)
    means = np.column_stack([right, metrics.row_losses(labels, logits), (others == labels).T])
    chunks: list[np.ndarray] = []
    for weights in resample_weights(count, resamples, seed):
        # Balanced accuracy and macro F1 need of a resampled confusion matrix its diagonal and its margins alone.
        correct = grouped_sums(weights * right, labels, classes)
        rows, predicted = grouped_sums(weights, labels, classes), grouped_sums(weights, predictions, classes)
        gaps = np.abs(grouped_sums(weights * (right - confidence), bins, metrics.BINS)).sum(axis=1) / count
        f1 = metrics.mean_f1(correct, rows, predicted)
        chunks.append(np.column_stack([weights @ means / count, metrics.mean_recall(correct, rows), f1, gaps]))
    table = np.concatenate(chunks).T
    names = ("accuracy", "log_loss", "balanced_accuracy", "macro_f1", "ece")
    return Samples(dict(zip(names, [*table[:2], *table[-3:]], strict=True)), table[2:-3])


def percentile_interval(value: float, samples: np.ndarray) -> Interval:
    """The 95% percentile interval of a score, widened to hold its value.

    Resampling adds noise to the bins of ECE, so that its percentiles can all lie above the value itself.
    """
    low, high = np.quantile(samples, [0.025, 0.975])
    return Interval(value=value, low=min(float(low), value), high=max(float(high), value))


def resample_weights(rows: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """How often each resample draws each row, (at most MAX_WEIGHTS / rows resamples, rows) at a time."""
    rng = np.random.default_rng(seed)
    max_resamples = max(1, MAX_WEIGHTS // rows)
    for start in range(0, resamples, max_resamples):
        size = min(max_resamples, resamples - start)
        drawn = rng.integers(rows, size=(size, rows)) + rows * np.arange(size)[:, None]
        yield np.bincount(drawn.ravel(), minlength=size * rows).reshape(size, rows).astype(float)


def grouped_sums(values: np.ndarray, keys: np.ndarray, groups: int) -> np.ndarray:
    """Sums over rows of equal key: (resamples, rows) to (resamples, groups)."""
    order = np.argsort(keys, kind="stable")
    present, starts = np.unique(keys[order], return_index=True)
    sums = np.zeros((len(values), groups))
    sums[:, present] = np.add.reduceat(values[:, order], starts, axis=1)
    return sums
