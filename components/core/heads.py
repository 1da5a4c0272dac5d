"""Classifiers on arrays of features: no framework, deterministic."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np

from .contracts import HeadKind


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
    """A head fitted on all rows, and what cross-validation said of its kind."""

    head: Head
    l2: float
    held_out: np.ndarray
    """Rows, as indices, that cross-validation held out."""
    logits: np.ndarray
    """Of those rows, from heads that have not seen them, (rows held out, classes)."""


@dataclass(frozen=True)
class Scaling:
    """Standardisation of features, undone by folding it into the first layer."""

    mean: np.ndarray
    scale: np.ndarray

    @classmethod
    def of(cls, features: np.ndarray) -> Scaling:
        deviation = features.std(0, dtype=np.float64)
        # A feature that never moves carries nothing: leave it at zero instead of dividing by its rounding noise.
        scale = np.where(deviation > 1e-6 * (1 + np.abs(features).max(0)), deviation, np.inf)
        return cls(features.mean(0, dtype=np.float64).astype(np.float32), scale.astype(np.float32))

    def apply(self, features: np.ndarray) -> np.ndarray:
        return ((features - self.mean) / self.scale).astype(np.float32)

    def fold(self, weights: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The layer on raw features that equals (weights, bias) on standardised ones."""
        folded = weights / self.scale[:, None]
        return folded.astype(np.float32), (bias - self.mean @ folded).astype(np.float32)


def folds_of(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """The fold of each row, (rows,) int: classes spread evenly, by a seeded shuffle.

    >>> np.bincount(folds_of(np.array([0] * 10 + [1] * 5), 5, seed=0)).tolist()
    [3, 3, 3, 3, 3]
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    fold = np.empty(len(labels), np.int64)
    fold[order] = np.arange(len(labels)) % count
    return fold


def row_weights(labels: np.ndarray, class_weights: tuple[float, ...]) -> np.ndarray:
    """(rows,) float32, mean 1: each row's class weight, or ones where there are none."""
    if not class_weights:
        return np.ones(len(labels), np.float32)
    weights = np.asarray(class_weights, np.float32)[labels]
    return weights / weights.mean()


def one_thread() -> AbstractContextManager[object]:
    """BLAS on one thread: thousands of small products lose a hundredfold when other work holds a core, gain next to
    nothing when none does, and round the same on any number of cores only so."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1, user_api="blas")


def fit_head(
    features: np.ndarray, labels: np.ndarray, classes: int, *, kind: HeadKind, weights: np.ndarray, seed: int
) -> Fit:
    """Fit the head of a frozen network. features (rows, width) float32, labels (rows,) int, weights (rows,) float."""
    from . import dense, logistic

    fit = dense.fit if kind == "dense" else logistic.fit
    with one_thread():
        scaling = Scaling.of(features)
        layers, l2, held_out, logits = fit(scaling.apply(features), labels, classes, weights, seed)
    return Fit(Head((scaling.fold(*layers[0]), *layers[1:])), l2, held_out, logits)
