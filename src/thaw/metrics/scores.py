"""Scores of predictions: arrays in, a number out.

`labels` and `predictions` are class indices of shape (rows,), `logits` have shape (rows, classes). A prediction is the
class of the largest logit, its confidence the probability of that class by `softmax`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..records import Metric

BINS = 15
"""Equal-width confidence bins of the calibration error, as in Guo et al. 2017, https://arxiv.org/abs/1706.04599."""


class PerClass(NamedTuple):
    """Scores of each class, (classes,); a ratio without a denominator is 0."""

    rows: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray


class Reliability(NamedTuple):
    """Mean confidence, share of right predictions and number of rows of each bin that has rows."""

    confidence: np.ndarray
    accuracy: np.ndarray
    rows: np.ndarray


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Natural logarithms of the class probabilities, in float64."""
    shifted = np.asarray(logits, np.float64)
    shifted = shifted - shifted.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def softmax(logits: np.ndarray) -> np.ndarray:
    """Class probabilities, in float64.

    >>> softmax(np.log(np.array([[1.0, 3.0]]))).round(3).tolist()
    [[0.25, 0.75]]
    """
    return np.exp(log_softmax(logits))


def confidences(logits: np.ndarray) -> np.ndarray:
    """Probability of the predicted class of each row, (rows,), in float64."""
    return softmax(logits).max(axis=-1)


def confusion_matrix(labels: np.ndarray, predictions: np.ndarray, classes: int) -> np.ndarray:
    """Counts of shape (classes, classes): rows are true classes, columns predicted ones."""
    cells = np.asarray(labels, np.int64) * classes + np.asarray(predictions, np.int64)
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def accuracy(labels: np.ndarray, predictions: np.ndarray) -> float:
    """Share of right predictions."""
    return float(np.mean(np.asarray(labels) == np.asarray(predictions)))


def balanced_accuracy(labels: np.ndarray, predictions: np.ndarray) -> float:
    """Mean recall of the classes that have rows."""
    counts = _all_confusions(labels, predictions)
    return float(mean_recall(counts.diagonal(), counts.sum(axis=1)))


def macro_f1(labels: np.ndarray, predictions: np.ndarray) -> float:
    """Mean F1 of the classes that have rows or predictions."""
    counts = _all_confusions(labels, predictions)
    return float(mean_f1(counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)))


def mean_recall(correct: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Balanced accuracy from counts of shape (..., classes): the diagonal and the row sums of confusion matrices."""
    # recall_c = correct_c / rows_c, averaged over the classes with rows.
    return _ratio(correct, rows).sum(axis=-1) / np.maximum((rows > 0).sum(axis=-1), 1)


def mean_f1(correct: np.ndarray, rows: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Macro F1 from counts of shape (..., classes): diagonal, row sums and column sums of confusion matrices."""
    # F1_c = 2 precision recall / (precision + recall) = 2 correct_c / (rows_c + predicted_c).
    either = rows + predicted
    return _ratio(2 * correct, either).sum(axis=-1) / np.maximum((either > 0).sum(axis=-1), 1)


def per_class(counts: np.ndarray) -> PerClass:
    """Scores of each class from a confusion matrix."""
    correct, rows, predicted = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)
    return PerClass(rows, _ratio(correct, predicted), _ratio(correct, rows), _ratio(2 * correct, rows + predicted))


def row_losses(labels: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """Cross-entropy of each row in nats, shape (rows,)."""
    return -log_softmax(logits)[np.arange(len(labels)), labels]


def log_loss(labels: np.ndarray, logits: np.ndarray) -> float:
    """Mean cross-entropy in nats."""
    return float(row_losses(labels, logits).mean())


def confidence_bins(confidence: np.ndarray) -> np.ndarray:
    """The bin of each confidence; bin b holds (b / BINS, (b + 1) / BINS]."""
    return np.clip(np.ceil(confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)


def ece(labels: np.ndarray, logits: np.ndarray) -> float:
    """Expected calibration error: the gap between confidence and accuracy in each bin, weighted by its rows.

    Naeini et al. 2015, https://ojs.aaai.org/index.php/AAAI/article/view/9602; Guo et al. 2017.
    """
    # ECE = Σ_bins rows_bin / rows · |accuracy_bin − confidence_bin|
    bins = reliability(labels, logits)
    return float(np.sum(bins.rows * np.abs(bins.accuracy - bins.confidence)) / len(labels))


def reliability(labels: np.ndarray, logits: np.ndarray) -> Reliability:
    """Confidence against accuracy, in bins of confidence: the points of a reliability diagram."""
    confidence = confidences(logits)
    right = np.asarray(logits).argmax(axis=-1) == labels
    bins = confidence_bins(confidence)
    rows, sums, hits = (np.bincount(bins, weights, BINS) for weights in (None, confidence, right))
    filled = rows > 0
    return Reliability(sums[filled] / rows[filled], hits[filled] / rows[filled], rows[filled])


MAX_IMBALANCE = 5.0
"""Rows of the largest class over those of the smallest; beyond it every class counts alike."""


def metric_for(counts: np.ndarray) -> Metric:
    """The metric that suits a dataset with these rows of each class, (classes,)."""
    return "balanced_accuracy" if counts.max() > MAX_IMBALANCE * counts.min() else "accuracy"


def score_function(metric: Metric) -> Callable[[np.ndarray, np.ndarray], float]:
    """The function (labels, predictions) -> score of a metric."""
    return {"accuracy": accuracy, "balanced_accuracy": balanced_accuracy}[metric]


def all_scores(labels: np.ndarray, logits: np.ndarray) -> dict[str, float]:
    """The five scores of a model, by name."""
    predictions = logits.argmax(axis=1)
    return {
        "accuracy": accuracy(labels, predictions),
        "balanced_accuracy": balanced_accuracy(labels, predictions),
        "macro_f1": macro_f1(labels, predictions),
        "log_loss": log_loss(labels, logits),
        "ece": ece(labels, logits),
    }


def _all_confusions(labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    return confusion_matrix(labels, predictions, int(max(np.max(labels), np.max(predictions))) + 1)


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    return np.divide(numerator, denominator, out=np.zeros(np.shape(denominator)), where=denominator > 0)
