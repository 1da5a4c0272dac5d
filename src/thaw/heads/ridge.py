"""Ridge regression on one-hot labels: a linear classifier in closed form.

One decomposition serves every L2, and gives exact leave-one-out predictions beside (Allen 1974, PRESS; the few-shot
evaluation of google-research/big_vision selects its L2 the same way, from one decomposition).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .eigendecomposition import Eigendecomposition, Parts

L2_GRID = tuple(float(10.0**power) for power in np.arange(-4, 2.5, 0.5))
"""Relative to the number of rows; features are standardised."""

Score = Callable[[np.ndarray, np.ndarray], float]
"""Of labels and predicted classes, each (rows,)."""


@dataclass(frozen=True)
class Probe:
    """Leave-one-out predictions of a ridge probe at its best L2."""

    score: float
    l2: float
    predictions: np.ndarray
    """(rows, classes): about the probability of each class, not confined to 0–1."""
    squared_error: float
    """Of the predictions, summed over classes, at the L2 that is best for it."""


def one_hot(labels: np.ndarray, classes: int, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Targets (rows, classes) about the classes' shares, and those shares, (classes,)."""
    targets = np.zeros((len(labels), classes), share.dtype)
    targets[np.arange(len(labels)), labels] = 1
    prior = share @ targets
    return targets - prior, prior


class Ridge:
    """Every L2 of one decomposition. Predictions leave out the classes' shares until the very end."""

    def __init__(self, spectrum: Eigendecomposition, labels: np.ndarray, classes: int) -> None:
        self.spectrum = spectrum
        self.targets, self.prior = one_hot(labels, classes, spectrum.share)
        self.projected = spectrum.coordinates.T @ (spectrum.share[:, None] * self.targets)
        least = 100 * np.finfo(spectrum.share.dtype).eps * spectrum.variances.max(initial=0.0)
        self.grid = tuple(l2 for l2 in L2_GRID if l2 > least) or L2_GRID[-1:]
        """Without penalties so weak that rounding would outweigh them."""

    def solution(self, l2: float) -> np.ndarray:
        """(rank, classes), on coordinates."""
        return self.projected / (self.spectrum.variances + l2)[:, None]

    def residual(self, l2: float) -> np.ndarray:
        return self.targets - self.spectrum.coordinates @ self.solution(l2)

    def leave_one_out(self, l2: float) -> np.ndarray:
        """Each row predicted from all others, (rows, classes)."""
        share, coordinates = self.spectrum.share, self.spectrum.coordinates
        inverse = 1 / (self.spectrum.variances + l2)
        # Of a row's own weight in its prediction, the prior's part included.
        leverage = share * (np.einsum("nr,nr,r->n", coordinates, coordinates, inverse) + 1)
        return self.targets - self.residual(l2) / (1 - np.minimum(leverage, 1 - 1e-6))[:, None] + self.prior

    def leave_out(self, l2: float, folds: Sequence[slice]) -> np.ndarray:
        """Each fold predicted from all other rows, at the same absolute penalty, (rows of the folds, classes)."""
        inverse, residual = 1 / (self.spectrum.variances + l2), self.residual(l2)
        predictions = []
        for fold in folds:
            at, root = self.spectrum.coordinates[fold], np.sqrt(self.spectrum.share[fold]).astype(np.float64)
            hat = ((at * inverse) @ at.T + 1).astype(np.float64) * np.outer(root, root)
            out = np.linalg.solve(np.eye(len(hat)) - hat, residual[fold] * root[:, None]) / root[:, None]
            predictions.append(self.targets[fold] - out + self.prior)
        return np.concatenate(predictions)

    def best(self, labels: np.ndarray, score: Score) -> Probe:
        """The best L2 by leave-one-out score."""
        scores, errors, actual = [], [], self.targets + self.prior
        for l2 in self.grid:
            predictions = self.leave_one_out(l2)
            scores.append(score(labels, predictions.argmax(1)))
            errors.append(float(self.spectrum.share @ np.square(predictions - actual).sum(1)))
        # Of equally good ones the strongest: it moves least when the rows change.
        place = max(range(len(scores)), key=lambda i: (scores[i], i))
        return Probe(float(scores[place]), self.grid[place], self.leave_one_out(self.grid[place]), min(errors))


def probe(features: np.ndarray, labels: np.ndarray, classes: int, weights: np.ndarray, score: Score) -> Probe:
    """The best L2 by leave-one-out score. features (rows, width), standardised."""
    return Ridge(Eigendecomposition.of(features.astype(np.float64), weights), labels, classes).best(labels, score)


def predict(
    features: np.ndarray, labels: np.ndarray, classes: int, weights: np.ndarray, l2: float, others: np.ndarray
) -> np.ndarray:
    """Predictions (other rows, classes) of a probe fitted on features (rows, width)."""
    share = (weights / weights.sum()).astype(np.float64)
    targets, prior = one_hot(labels, classes, share)
    mean = share @ features
    inputs = features - mean
    # The kernel form solves a system of the rows, of which a learning curve has few.
    kernel = inputs @ inputs.T + np.diag(l2 / share)
    return (others - mean) @ (inputs.T @ np.linalg.solve(kernel, targets)) + prior


def solve(parts: Parts, classes: int, l2: float) -> tuple[np.ndarray, np.ndarray]:
    """Weights (width, classes) and bias (classes,) in one pass over the rows."""
    from scipy.linalg import solve as solve_system

    # A column of ones and the targets beside the features: one product gathers every sum that is needed.
    moments: Any = 0.0
    for features, labels, weights in parts:
        targets = np.eye(classes, dtype=np.float32)[labels]
        columns = np.hstack([np.ones((len(labels), 1), np.float32), features, targets])
        moments += ((columns * weights[:, None]).T @ columns).astype(np.float64)
    moments = moments / moments[0, 0]
    width = len(moments) - 1 - classes
    inputs, outputs = slice(1, width + 1), slice(width + 1, None)
    mean, prior = moments[0, inputs], moments[0, outputs]
    scatter = moments[inputs, inputs] - np.outer(mean, mean) + l2 * np.eye(width)
    solution = solve_system(scatter, moments[inputs, outputs] - np.outer(mean, prior), assume_a="pos")
    return solution, prior - mean @ solution
