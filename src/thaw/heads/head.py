"""A classifier on features, and the result of fitting it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np


@dataclass(frozen=True)
class Head:
    """Dense layers with ReLU between them; the last one gives logits. Standardisation is folded into the first.

    `layers` holds (weights of shape (inputs, outputs), bias of shape (outputs,)) pairs, float32.

    >>> head = Head(((np.eye(2, dtype="float32"), np.zeros(2, "float32")),))
    >>> head.logits(np.array([[1.0, 2.0]], "float32")).tolist()
    [[1.0, 2.0]]
    """

    layers: tuple[tuple[np.ndarray, np.ndarray], ...]

    def logits(self, features: np.ndarray) -> np.ndarray:
        """(rows, width) to (rows, classes)."""
        for weights, bias in self.layers[:-1]:
            features = np.maximum(features @ weights + bias, 0)
        weights, bias = self.layers[-1]
        return features @ weights + bias


@dataclass(frozen=True)
class Fit:
    """A head fitted on all rows, with predictions of rows that cross-validation held out."""

    head: Head
    l2: float
    """L2 penalty; that of the logistic regression where the head is a mean."""
    held_out: np.ndarray
    """Indices of the rows that cross-validation held out."""
    logits: np.ndarray
    """(rows held out, classes) float32, by heads that were not fitted on them."""
    kind: Literal["mean", "logistic", "ridge", "dense"]
