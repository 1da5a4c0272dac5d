"""Folds of cross-validation, and the weights of rows."""

from __future__ import annotations

import numpy as np


def stratified_folds(labels: np.ndarray, count: int, seed: int, groups: np.ndarray | None = None) -> np.ndarray:
    """The fold of each row, (rows,) int: classes spread evenly, by a seeded shuffle.

    Rows of one group, `groups` (rows,) int, are in one fold; a group counts for the class of its first row.

    >>> np.bincount(stratified_folds(np.array([0] * 10 + [1] * 5), 5, seed=0)).tolist()
    [3, 3, 3, 3, 3]
    """
    if groups is not None:
        _, first, group_of = np.unique(groups, return_index=True, return_inverse=True)
        return stratified_folds(labels[first], count, seed)[group_of]
    order = np.random.default_rng(seed).permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    fold = np.empty(len(labels), np.int64)
    fold[order] = np.arange(len(labels)) % count
    return fold


def row_weights(labels: np.ndarray, class_weights: tuple[float, ...], weights: np.ndarray | None = None) -> np.ndarray:
    """(rows,) float32, mean 1: each row's class weight times its own, ones where there are none.

    >>> row_weights(np.array([0, 1]), (), np.array([1.0, 3.0])).tolist()
    [0.5, 1.5]
    """
    if not class_weights and weights is None:
        return np.ones(len(labels), np.float32)
    of_class = np.asarray(class_weights or np.ones(labels.max(initial=0) + 1), np.float32)[labels]
    product = of_class if weights is None else (of_class * weights).astype(np.float32)
    return product / product.mean()
