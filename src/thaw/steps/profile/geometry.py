"""Where rows lie among each other in the space of features: far from all others, and on a plane."""

from __future__ import annotations

import numpy as np

NEIGHBOURS = 10
FAR_OUT = 3.0
"""Interquartile ranges above the upper quartile from which a number is far out (Tukey 1977)."""


def gram(features: np.ndarray) -> np.ndarray:
    """Inner products (rows, rows) of features (rows, width) about their mean."""
    centred = features - features.mean(0)
    return np.asarray(centred @ centred.T, np.float32)


def neighbour_distances(products: np.ndarray) -> np.ndarray:
    """Mean distance of each row to its NEIGHBOURS nearest, (rows,), from inner products (rows, rows)."""
    squares = products.diagonal()
    distances = squares[:, None] + squares - 2 * products
    np.fill_diagonal(distances, np.inf)
    count = min(NEIGHBOURS, len(products) - 1)
    nearest = np.partition(distances, count - 1, axis=1)[:, :count]
    return np.asarray(np.sqrt(np.maximum(nearest, 0)).mean(1), np.float64)


def far_out(values: np.ndarray) -> np.ndarray:
    """(rows,) bool: those that lie far above the rest.

    >>> far_out(np.array([1.0, 1.1, 1.2, 1.3, 9.0])).tolist()
    [False, False, False, False, True]
    """
    low, high = np.quantile(values, [0.25, 0.75])
    return np.asarray(values > high + FAR_OUT * (high - low))


def plane(products: np.ndarray) -> np.ndarray:
    """First two principal components, (rows, 2), from inner products (rows, rows) about the mean.

    The sign is such that the largest value of each is positive.
    """
    from scipy.sparse.linalg import eigsh

    if len(products) < 4:
        return np.zeros((len(products), 2))
    start = np.random.default_rng(0).normal(size=len(products))
    values, vectors = eigsh(products.astype(np.float64), k=2, v0=start, tol=1e-4)
    scaled = vectors[:, ::-1] * np.sqrt(np.maximum(values[::-1], 0))
    return np.asarray(scaled * np.sign(scaled[np.abs(scaled).argmax(0), [0, 1]] + 1e-300))
