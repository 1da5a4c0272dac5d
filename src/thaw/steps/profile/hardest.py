"""The classes that a probe finds least."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...metrics import scores as metrics
from ...records import ClassRecall

MAX_CLASSES = 10
Z = 1.96


def hardest_classes(labels: np.ndarray, predicted: np.ndarray, names: Sequence[str]) -> tuple[ClassRecall, ...]:
    """Held-out recall of each class from the lowest up, at most MAX_CLASSES; labels and predicted (rows,) int."""
    confusion = metrics.confusion_matrix(labels, predicted, len(names))
    found = [class_recall(names, k, confusion[k]) for k in range(len(names)) if confusion[k].sum()]
    return tuple(sorted(found, key=lambda each: (each.recall, each.name))[:MAX_CLASSES])


def class_recall(names: Sequence[str], label: int, predicted: np.ndarray) -> ClassRecall:
    """The record of a class, whose rows are predicted (classes,) times as each."""
    rows, right = int(predicted.sum()), int(predicted[label])
    low, high = wilson(right, rows)
    others = np.where(np.arange(len(names)) == label, 0, predicted)
    taken_for = names[int(others.argmax())] if others.any() else ""
    return ClassRecall(name=names[label], rows=rows, recall=right / rows, low=low, high=high, taken_for=taken_for)


def wilson(right: int, rows: int) -> tuple[float, float]:
    """95% interval of a share (Wilson 1927), which holds for few rows and for shares near 0 and 1.

    >>> [round(end, 3) for end in wilson(9, 10)]
    [0.596, 0.982]
    """
    share, slack = right / rows, Z**2 / rows
    centre, half = share + slack / 2, Z * np.sqrt(share * (1 - share) / rows + slack / (4 * rows))
    return max(0.0, float((centre - half) / (1 + slack))), min(1.0, float((centre + half) / (1 + slack)))
