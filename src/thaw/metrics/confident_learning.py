"""Confident learning: rows whose label is probably wrong (Northcutt, Jiang & Chuang 2021)."""

from __future__ import annotations

import numpy as np


def claiming_classes(predictions: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The class that confidently claims each row, (rows,) int; -1 where none does.

    A class claims a row when the row's prediction for it reaches the mean one for it among its own rows. Rows count
    that are predicted as, and claimed by, a class that is not their own: those of cleanlab's `find_label_issues` with
    the filter `confident_learning`. Of several claims the highest prediction holds.

    Args:
        predictions: Held-out ones, (rows, classes).
        labels: (rows,) int.

    >>> claiming_classes(np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.9, 0.1]]), np.array([0, 0, 1, 1])).tolist()
    [-1, -1, -1, 0]
    """
    classes = predictions.shape[1]
    own = [predictions[labels == k, k].mean() if (labels == k).any() else np.inf for k in range(classes)]
    claims = predictions >= np.array(own)
    claims[np.arange(len(labels)), labels] = False
    doubted = claims.any(1) & (predictions.argmax(1) != labels)
    return np.where(doubted, np.where(claims, predictions, -np.inf).argmax(1), -1)


def margins(predictions: np.ndarray, labels: np.ndarray, claimed_by: np.ndarray) -> np.ndarray:
    """Prediction for the claiming class minus that for the label, (rows,); 0 where no class claims the row."""
    rows = np.arange(len(labels))
    return np.where(claimed_by >= 0, predictions[rows, claimed_by] - predictions[rows, labels], 0.0)
