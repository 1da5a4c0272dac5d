"""Scores of an evaluation as KFP metrics, which its user interface shows."""

from __future__ import annotations

from typing import Protocol

from ..printable import printable
from ..records import Evaluation

SCORES = (
    "accuracy",
    "balanced_accuracy",
    "macro_f1",
    "log_loss",
    "ece",
    "majority",
    "train_accuracy",
    "examples",
)
MAX_CLASSES = 100
"""A larger confusion matrix is not shown."""


class Metrics(Protocol):
    """The part of `kfp.dsl.Metrics` that is used."""

    def log_metric(self, metric: str, value: float) -> None: ...


class ClassificationMetrics(Protocol):
    """The part of `kfp.dsl.ClassificationMetrics` that is used."""

    def log_confusion_matrix(self, categories: list[str], matrix: list[list[int]]) -> None: ...


def log(evaluation: Evaluation, metrics: Metrics, confusion: ClassificationMetrics) -> None:
    """Log the scores, and the confusion matrix up to MAX_CLASSES classes."""
    for name in SCORES:
        metrics.log_metric(name, getattr(evaluation, name))
    if len(evaluation.classes) <= MAX_CLASSES:
        names = [printable(name) for name in evaluation.classes]
        confusion.log_confusion_matrix(names, [list(row) for row in evaluation.confusion])
