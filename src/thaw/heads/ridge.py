"""Ridge regression on one-hot labels: a linear classifier in closed form (Hoerl & Kennard 1970).

With weights w of sum 1, centred features X = C Vᵀ and centred targets T, in the coordinates C of variances λ:

    minimise  Σ wᵢ |tᵢ − cᵢB|² + l2 |B|²
    solution  B = diag(1 / (λ + l2)) Cᵀ diag(w) T

so one decomposition serves every l2. It also gives every leave-one-out prediction without another fit: see
`Ridge.leave_one_out`. (The few-shot evaluation of google-research/big_vision selects its L2 the same way.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .eigendecomposition import Chunks, Eigendecomposition

L2_GRID = tuple(float(10.0**power) for power in np.arange(-4, 2.5, 0.5))
"""Penalties against the mean squared error of a row; features are standardised."""

MAX_LEVERAGE = 1 - 1e-6

Score = Callable[[np.ndarray, np.ndarray], float]
"""Computes a score from labels and predicted classes, each (rows,)."""


@dataclass(frozen=True)
class Probe:
    """Leave-one-out predictions of a ridge probe at its best L2."""

    score: float
    l2: float
    predictions: np.ndarray
    """(rows, classes): about the probability of each class, not confined to 0–1."""
    squared_error: float
    """Squared error of the predictions, summed over classes, at the L2 that is best for it."""


def one_hot(labels: np.ndarray, classes: int, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Targets (rows, classes) minus the classes' shares, and those shares (classes,)."""
    targets = np.zeros((len(labels), classes), weights.dtype)
    targets[np.arange(len(labels)), labels] = 1
    prior = weights @ targets
    return targets - prior, prior


class Ridge:
    """Solutions for every L2 from one decomposition."""

    def __init__(self, decomposition: Eigendecomposition, labels: np.ndarray, classes: int) -> None:
        self.decomposition = decomposition
        weights, variances = decomposition.weights, decomposition.variances
        self.targets, self.prior = one_hot(labels, classes, weights)
        self.projected = decomposition.coordinates.T @ (weights[:, None] * self.targets)
        smallest = 100 * np.finfo(weights.dtype).eps * variances.max(initial=0.0)
        self.grid = tuple(l2 for l2 in L2_GRID if l2 > smallest) or L2_GRID[-1:]
        """Penalties strong enough to outweigh rounding."""

    def solution(self, l2: float) -> np.ndarray:
        """(rank, classes), on coordinates."""
        return self.projected / (self.decomposition.variances + l2)[:, None]

    def residual(self, l2: float) -> np.ndarray:
        return self.targets - self.decomposition.coordinates @ self.solution(l2)

    def leave_one_out(self, l2: float) -> np.ndarray:
        """Each row predicted from all others, (rows, classes).

        The residual without row i is (Allen 1974, PRESS)

            rᵢ / (1 − hᵢ),  leverage hᵢ = wᵢ (1 + Σⱼ cᵢⱼ² / (λⱼ + l2))

        where 1 is the intercept's part.
        """
        weights, coordinates = self.decomposition.weights, self.decomposition.coordinates
        inverse = 1 / (self.decomposition.variances + l2)
        leverage = weights * (np.einsum("nr,nr,r->n", coordinates, coordinates, inverse) + 1)
        return self.targets - self.residual(l2) / (1 - np.minimum(leverage, MAX_LEVERAGE))[:, None] + self.prior

    def leave_folds_out(self, l2: float, folds: Sequence[slice]) -> np.ndarray:
        """Each fold predicted from all other rows, at the same absolute penalty, (rows of the folds, classes).

        Leave-one-out with the block H of the hat matrix of the fold's rows: residuals diag(√w)⁻¹ (I − H)⁻¹ diag(√w) r.
        """
        inverse, residual = 1 / (self.decomposition.variances + l2), self.residual(l2)
        predictions = []
        for fold in folds:
            coordinates = self.decomposition.coordinates[fold]
            root = np.sqrt(self.decomposition.weights[fold]).astype(np.float64)
            hat = ((coordinates * inverse) @ coordinates.T + 1).astype(np.float64) * np.outer(root, root)
            left_out = np.linalg.solve(np.eye(len(hat)) - hat, residual[fold] * root[:, None]) / root[:, None]
            predictions.append(self.targets[fold] - left_out + self.prior)
        return np.concatenate(predictions)

    def best(self, labels: np.ndarray, score: Score, folds: Sequence[slice] = ()) -> Probe:
        """The best L2 by leave-one-out score, or by that of `folds` that cover all rows."""

        def predicted(l2: float) -> np.ndarray:
            return self.leave_folds_out(l2, folds) if folds else self.leave_one_out(l2)

        scores, errors, actual = [], [], self.targets + self.prior
        for l2 in self.grid:
            predictions = predicted(l2)
            scores.append(score(labels, predictions.argmax(1)))
            errors.append(float(self.decomposition.weights @ np.square(predictions - actual).sum(1)))
        # Of equally good ones the strongest: it moves least when the rows change.
        best = max(range(len(scores)), key=lambda i: (scores[i], i))
        return Probe(float(scores[best]), self.grid[best], predicted(self.grid[best]), min(errors))


def probe(features: np.ndarray, labels: np.ndarray, classes: int, weights: np.ndarray, score: Score) -> Probe:
    """The best L2 by leave-one-out score. features (rows, width), standardised."""
    return Ridge(Eigendecomposition.of(features.astype(np.float64), weights), labels, classes).best(labels, score)


def predict(
    features: np.ndarray, labels: np.ndarray, classes: int, weights: np.ndarray, l2: float, others: np.ndarray
) -> np.ndarray:
    """Predictions (other rows, classes) of a probe fitted on features (rows, width).

    The kernel form solves a system of the rows, which are few in a learning curve (Saunders 1998):

        B = Xᵀ (X Xᵀ + l2 diag(1 / w))⁻¹ T
    """
    weights = (weights / weights.sum()).astype(np.float64)
    targets, prior = one_hot(labels, classes, weights)
    mean = weights @ features
    inputs = features - mean
    kernel = inputs @ inputs.T + np.diag(l2 / weights)
    return (others - mean) @ (inputs.T @ np.linalg.solve(kernel, targets)) + prior


def solve(chunks: Chunks, classes: int, l2: float) -> tuple[np.ndarray, np.ndarray]:
    """Weights (width, classes) and bias (classes,) by the normal equations, in one pass over the rows.

    With A = [1 X Y], one product Aᵀ diag(w) A gathers every sum that is needed: the mean m, the classes' shares p,
    XᵀX and XᵀY. Then (XᵀX − m mᵀ + l2 I) B = XᵀY − m pᵀ, and the bias is p − mB.
    """
    from scipy.linalg import solve as solve_system

    sums: Any = 0.0
    for features, labels, weights in chunks:
        targets = np.eye(classes, dtype=np.float32)[labels]
        columns = np.hstack([np.ones((len(labels), 1), np.float32), features, targets])
        sums += ((columns * weights[:, None]).T @ columns).astype(np.float64)
    sums = sums / sums[0, 0]
    width = len(sums) - 1 - classes
    inputs, outputs = slice(1, width + 1), slice(width + 1, None)
    mean, prior = sums[0, inputs], sums[0, outputs]
    scatter = sums[inputs, inputs] - np.outer(mean, mean) + l2 * np.eye(width)
    solution = solve_system(scatter, sums[inputs, outputs] - np.outer(mean, prior), assume_a="pos")
    return solution, prior - mean @ solution
