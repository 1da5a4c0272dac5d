"""Folds of cross-validation, and the weights of rows."""

from __future__ import annotations

import numpy as np


def stratified_folds(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """The fold of each row, (rows,) int: classes spread evenly, by a seeded shuffle.

    >>> np.bincount(stratified_folds(np.array([0] * 10 + [1] * 5), 5, seed=0)).tolist()
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
