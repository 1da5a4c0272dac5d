"""Where a model errs: by class, by confidence, and the mistakes themselves."""

from __future__ import annotations

import numpy as np

from ...data.excerpts import excerpt
from ...data.rows import Rows
from ...metrics import scores as metrics
from ...records import CalibrationBin, ClassScore, Dataset, Mistake

MAX_MISTAKES = 24


def class_scores(classes: tuple[str, ...], counts: np.ndarray) -> tuple[ClassScore, ...]:
    """Scores of each class from a confusion matrix (classes, classes)."""
    columns = metrics.per_class(counts)
    return tuple(
        ClassScore(name=name, rows=int(rows), precision=precision, recall=recall, f1=f1)
        for name, rows, precision, recall, f1 in zip(classes, *map(np.ndarray.tolist, columns), strict=True)
    )


def calibration_bins(labels: np.ndarray, logits: np.ndarray) -> tuple[CalibrationBin, ...]:
    """Confidence against accuracy in each bin that has rows."""
    bins = metrics.reliability(labels, logits)
    lower = metrics.confidence_bins(bins.confidence)
    columns = (lower / metrics.BINS, (lower + 1) / metrics.BINS, *bins)
    return tuple(
        CalibrationBin(low=low, high=high, confidence=min(confidence, 1.0), accuracy=accuracy, rows=int(rows))
        for low, high, confidence, accuracy, rows in zip(*map(np.ndarray.tolist, columns), strict=True)
    )


def mistakes(rows: Rows, logits: np.ndarray, dataset: Dataset) -> tuple[Mistake, ...]:
    """The wrong predictions with the highest confidence."""
    predictions, confidences = logits.argmax(axis=1), metrics.confidences(logits)
    wrong = np.flatnonzero(predictions != rows.labels)
    most_confident = wrong[np.argsort(-confidences[wrong], kind="stable")][:MAX_MISTAKES]
    return tuple(
        Mistake(
            row=rows.ids[row],
            label=dataset.classes[rows.labels[row]],
            predicted=dataset.classes[predictions[row]],
            confidence=min(float(confidences[row]), 1.0),
            excerpt=excerpt(rows.raw[row]) if dataset.modality == "text" else "",
        )
        for row in most_confident.tolist()
    )
