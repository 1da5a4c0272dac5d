"""Features along the eigenvectors of their covariance (principal component analysis).

One decomposition serves every ridge penalty, and preconditions the solver of the logistic loss.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

Chunks = Iterable[tuple[np.ndarray, np.ndarray, np.ndarray]]
"""Features or coordinates (rows, width), labels and weights of some rows at a time; iterated once a pass."""

MIN_VARIANCE_RATIO = 1e-6
"""Smallest variance of a direction over the largest: what is below is rounding in float32."""


@dataclass(frozen=True)
class Eigendecomposition:
    """Features as `mean + coordinates @ directions.T`, exact up to rounding.

    With rows x of weights w, Σw = 1, mean m, and S = diag(√w)(X − 1m):

        SᵀS = V diag(λ) Vᵀ    covariance (width × width); directions V, coordinates (X − 1m) V
        SSᵀ = U diag(λ) Uᵀ    the same λ from (rows × rows) where rows are fewer; V = SᵀU diag(λ)^-½
    """

    mean: np.ndarray
    """(width,), weighted."""
    directions: np.ndarray
    """(width, rank), orthonormal."""
    variances: np.ndarray
    """(rank,), weighted, ascending."""
    coordinates: np.ndarray
    """(rows, rank)."""
    weights: np.ndarray
    """(rows,), of sum 1."""

    @classmethod
    def of(cls, features: np.ndarray, weights: np.ndarray) -> Eigendecomposition:
        """Decompose features (rows, width) with positive weights (rows,), in the float type of the features."""
        from scipy.linalg import eigh

        weights = (weights / weights.sum(dtype=np.float64)).astype(features.dtype)
        mean = weights @ features
        centred = features - mean
        scaled = centred * np.sqrt(weights)[:, None]
        wide = features.shape[1] > len(features)
        product = scaled @ scaled.T if wide else scaled.T @ scaled
        variances, vectors = eigh(product, driver="evd", overwrite_a=True, check_finite=False)
        kept = variances > MIN_VARIANCE_RATIO * max(variances[-1], np.finfo(np.float32).tiny)
        variances, vectors = variances[kept], np.ascontiguousarray(vectors[:, kept])
        if not wide:
            return cls(mean, vectors, variances, centred @ vectors, weights)
        deviations = np.sqrt(variances)
        coordinates = vectors * deviations / np.sqrt(weights)[:, None]
        return cls(mean, scaled.T @ vectors / deviations, variances, coordinates, weights)

    def layer(self, solution: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The float32 layer on features that equals (solution, bias) on coordinates; solution (rank, outputs)."""
        weights = self.directions @ solution.astype(np.float32)
        return weights.astype(np.float32), (bias - self.mean @ weights).astype(np.float32)
