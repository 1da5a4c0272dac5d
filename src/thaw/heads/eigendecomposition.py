"""Rows of features along the principal directions of their scatter.

One decomposition serves every ridge penalty, and evens out the curvature of the logistic loss for its solver.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

Parts = Iterable[tuple[np.ndarray, np.ndarray, np.ndarray]]
"""Rows of features or coordinates (rows, width), their labels and weights, a chunk at a time; iterated once a pass."""

SMALLEST = 1e-6
"""Of a direction's variance against the largest: what is less in float32 is rounding."""


@dataclass(frozen=True)
class Eigendecomposition:
    """Features as `mean + coordinates @ directions.T`, exactly up to rounding."""

    mean: np.ndarray
    """(width,), weighted."""
    directions: np.ndarray
    """(width, rank), orthonormal."""
    variances: np.ndarray
    """(rank,), weighted, ascending."""
    coordinates: np.ndarray
    """(rows, rank)."""
    share: np.ndarray
    """(rows,): weights that sum to 1."""

    @classmethod
    def of(cls, features: np.ndarray, weights: np.ndarray) -> Eigendecomposition:
        """features (rows, width) and weights (rows,), positive; in the number type of the features."""
        from scipy.linalg import eigh

        share = (weights / weights.sum(dtype=np.float64)).astype(features.dtype)
        mean = share @ features
        centred = features - mean
        scatter = centred * np.sqrt(share)[:, None]
        wide = features.shape[1] > len(features)
        # The smaller side of the two: few rows of a wide network cost no more than their number allows.
        product = scatter @ scatter.T if wide else scatter.T @ scatter
        variances, vectors = eigh(product, driver="evd", overwrite_a=True, check_finite=False)
        held = variances > SMALLEST * max(variances[-1], np.finfo(np.float32).tiny)
        variances, vectors = variances[held], np.ascontiguousarray(vectors[:, held])
        if not wide:
            return cls(mean, vectors, variances, centred @ vectors, share)
        deviations = np.sqrt(variances)
        coordinates = vectors * deviations / np.sqrt(share)[:, None]
        return cls(mean, scatter.T @ vectors / deviations, variances, coordinates, share)

    def layer(self, solution: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The float32 layer on features that equals (solution, bias) on coordinates; solution (rank, outputs)."""
        weights = self.directions @ solution.astype(np.float32)
        return weights.astype(np.float32), (bias - self.mean @ weights).astype(np.float32)
