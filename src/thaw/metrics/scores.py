"""Scores of predictions: arrays in, a number out.

`labels` and `predictions` are class indices of shape (rows,), `logits` have shape (rows, classes). A prediction is the
class of the largest logit, its confidence the softmax of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..records import Metric

BINS = 15
"""Equal-width confidence bins of the calibration error, as in Guo et al. 2017, https://arxiv.org/abs/1706.04599."""


class PerClass(NamedTuple):
    """Each of shape (classes,); a ratio without a denominator is 0."""

    examples: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray


class Reliability(NamedTuple):
    """Of each bin that holds a row: mean confidence, share of right predictions, number of rows."""

    confidence: np.ndarray
    accuracy: np.ndarray
    examples: np.ndarray


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Natural logarithms of the class probabilities, in float64."""
    shifted = np.asarray(logits, np.float64)
    shifted = shifted - shifted.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def softmax(logits: np.ndarray) -> np.ndarray:
    return np.exp(log_softmax(logits))


def confusion(labels: np.ndarray, predictions: np.ndarray, classes: int) -> np.ndarray:
    """Counts of shape (classes, classes): rows are true classes, columns predicted ones."""
    cells = np.asarray(labels, np.int64) * classes + np.asarray(predictions, np.int64)
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def accuracy(labels: np.ndarray, predictions: np.ndarray) -> float:
    return float(np.mean(np.asarray(labels) == np.asarray(predictions)))


def balanced_accuracy(labels: np.ndarray, predictions: np.ndarray) -> float:
    """Mean recall of the classes that have rows."""
    counts = _square(labels, predictions)
    return float(mean_recall(counts.diagonal(), counts.sum(axis=1)))


def macro_f1(labels: np.ndarray, predictions: np.ndarray) -> float:
    """Mean F1 of the classes that have rows or predictions."""
    counts = _square(labels, predictions)
    return float(mean_f1(counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)))


def mean_recall(correct: np.ndarray, examples: np.ndarray) -> np.ndarray:
    """Balanced accuracy from counts of shape (..., classes): the diagonal and the row sums of confusion matrices."""
    return _ratio(correct, examples).sum(axis=-1) / np.maximum((examples > 0).sum(axis=-1), 1)


def mean_f1(correct: np.ndarray, examples: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Macro F1 from counts of shape (..., classes): diagonal, row sums and column sums of confusion matrices."""
    either = examples + predicted
    return _ratio(2 * correct, either).sum(axis=-1) / np.maximum((either > 0).sum(axis=-1), 1)


def per_class(counts: np.ndarray) -> PerClass:
    """From a confusion matrix."""
    correct, examples, predicted = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)
    f1 = _ratio(2 * correct, examples + predicted)
    return PerClass(examples, _ratio(correct, predicted), _ratio(correct, examples), f1)


def row_losses(labels: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """Cross-entropy of each row in nats, shape (rows,)."""
    return -log_softmax(logits)[np.arange(len(labels)), labels]


def log_loss(labels: np.ndarray, logits: np.ndarray) -> float:
    return float(row_losses(labels, logits).mean())


def confidence_bins(confidences: np.ndarray) -> np.ndarray:
    """The bin of each confidence; bin b holds (b / BINS, (b + 1) / BINS]."""
    return np.clip(np.ceil(confidences * BINS).astype(np.int64) - 1, 0, BINS - 1)


def ece(labels: np.ndarray, logits: np.ndarray) -> float:
    """Expected calibration error: the gap between confidence and accuracy in each bin, weighted by its rows
    (Naeini et al. 2015, https://ojs.aaai.org/index.php/AAAI/article/view/9602; Guo et al. 2017)."""
    bins = reliability(labels, logits)
    return float(np.sum(bins.examples * np.abs(bins.accuracy - bins.confidence)) / len(labels))


def reliability(labels: np.ndarray, logits: np.ndarray) -> Reliability:
    confidences = softmax(logits).max(axis=-1)
    right = np.asarray(logits).argmax(axis=-1) == labels
    bins = confidence_bins(confidences)
    examples, sums, hits = (np.bincount(bins, w, BINS) for w in (None, confidences, right))
    held = examples > 0
    return Reliability(sums[held] / examples[held], hits[held] / examples[held], examples[held])


SKEWED = 5.0
"""Rows of the largest class over those of the smallest, beyond which every class should count alike."""


def fitting(counts: np.ndarray) -> Metric:
    """The metric for rows of each class, (classes,)."""
    return "balanced_accuracy" if counts.max() > SKEWED * counts.min() else "accuracy"


def by_name(metric: Metric) -> Callable[[np.ndarray, np.ndarray], float]:
    """The function (labels, predictions) -> score that a plan's metric names."""
    return {"accuracy": accuracy, "balanced_accuracy": balanced_accuracy}[metric]


def _square(labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    return confusion(labels, predictions, int(max(np.max(labels), np.max(predictions))) + 1)


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    return np.divide(numerator, denominator, out=np.zeros(np.shape(denominator)), where=denominator > 0)
