"""Multinomial logistic regression by L-BFGS, its L2 chosen by cross-validated log loss.

The solver works in the principal directions of the features, each divided by the root of the loss's curvature along
it, so that all directions converge alike and a few passes over the rows suffice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..metrics.scores import row_losses
from .eigendecomposition import Eigendecomposition, Parts

L2_GRID = (10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001)
"""Penalty is l2 / 2 × |weights|², against the mean loss of a row."""

CURVATURE = 0.2
"""Of the loss near its minimum, against that at zero weights, where every class has probability 1 / classes."""

ROUGH, FINE = 1e-5, 1e-6
"""Where the solver stops, in nats a row: to tell penalties apart, and to keep."""

WORTH = 0.005
"""Share of the log loss that a weaker penalty must gain over its stronger neighbour: a smaller gain is noise, and the
stronger one moves less when the rows change."""


def loss_and_gradient(
    parts: Parts, weights: np.ndarray, bias: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray, float]:
    """Sums over the rows: the weighted cross-entropy, its gradients by weights (inputs, classes) and bias (classes,),
    and the rows' weights."""
    loss, total = 0.0, 0.0
    by_weights, by_bias = np.zeros(weights.shape), np.zeros(bias.shape)
    for features, labels, row_weights in parts:
        rows = np.arange(len(labels))
        error = features @ weights + bias
        error -= error.max(1, keepdims=True)
        of_label = error[rows, labels]
        np.exp(error, out=error)
        normaliser = error.sum(1)
        loss += float(row_weights.astype(np.float64) @ (np.log(normaliser) - of_label))
        error *= (row_weights / normaliser)[:, None]
        error[rows, labels] -= row_weights
        by_weights += features.T @ error
        by_bias += error.sum(0, dtype=np.float64)
        total += float(row_weights.sum(dtype=np.float64))
    return loss, by_weights, by_bias, total


def solve(
    parts: Parts,
    variances: np.ndarray,
    l2: float,
    start: np.ndarray,
    tolerance: float = FINE,
    directions: np.ndarray | None = None,
) -> np.ndarray:
    """Weights over bias, (rank + 1, classes) float64 on coordinates of these variances, from `start` of that shape.

    `parts` holds coordinates, or centred features where `directions` (width, rank) are given. The bias is not
    penalised.
    """
    from scipy.optimize import minimize

    classes = start.shape[1]
    curvature = np.append(CURVATURE / classes * variances + l2, CURVATURE / classes)
    scale = 1 / np.sqrt(curvature)[:, None]

    def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
        solution = scale * flat.reshape(start.shape)
        weights, bias = solution[:-1].astype(np.float32), solution[-1].astype(np.float32)
        if directions is not None:
            weights = directions @ weights
        loss, by_weights, by_bias, total = loss_and_gradient(parts, weights, bias)
        if directions is not None:
            by_weights = directions.T @ by_weights
        gradient = np.vstack([by_weights / total + l2 * solution[:-1], by_bias / total])
        return loss / total + l2 / 2 * float((solution[:-1] ** 2).sum()), (scale * gradient).ravel()

    options = {"maxiter": 200, "ftol": tolerance, "gtol": 1e-7}
    found = minimize(objective, (start / scale).ravel(), jac=True, method="L-BFGS-B", options=options).x
    return scale * found.reshape(start.shape)


def predict(features: np.ndarray, solution: np.ndarray) -> np.ndarray:
    return features @ solution[:-1].astype(np.float32) + solution[-1].astype(np.float32)


@dataclass(frozen=True)
class Trial:
    """One L2 on all folds."""

    loss: float
    """Weighted log loss of the rows held out, their sum."""
    solutions: list[np.ndarray]
    """Of each fold, (rank + 1, classes)."""
    logits: np.ndarray
    """Of the rows held out, (rows, classes)."""


class Validation:
    """Cross-validation on rows that are sorted by fold; the folds that are held out in turn come first."""

    def __init__(
        self,
        spectrum: Eigendecomposition,
        labels: np.ndarray,
        classes: int,
        weights: np.ndarray,
        folds: Sequence[slice],
    ) -> None:
        self.spectrum, self.labels, self.weights, self.folds = spectrum, labels, weights, folds
        self.nothing = np.zeros((len(spectrum.variances) + 1, classes))

    def search(self, begin: float) -> tuple[float, Trial]:
        """The L2 of the lowest held-out log loss, and its trial: down the loss from the grid's nearest to `begin`.

        The loss has one minimum along the penalties, and neighbours start from each other.
        """
        place = int(np.abs(np.log(np.array(L2_GRID) / begin)).argmin())
        tried = {place: self.attempt(L2_GRID[place], [self.nothing] * len(self.folds))}
        for step, least in ((1, 1 - WORTH), (-1, 1 / (1 - WORTH))):
            while 0 <= place + step < len(L2_GRID) and place + step not in tried:
                tried[place + step] = self.attempt(L2_GRID[place + step], tried[place].solutions)
                if tried[place + step].loss > tried[place].loss * least:
                    break
                place += step
        return L2_GRID[place], tried[place]

    def attempt(self, l2: float, starts: Sequence[np.ndarray]) -> Trial:
        solutions, logits, loss = [], [], 0.0
        for fold, start in zip(self.folds, starts, strict=True):
            solutions.append(solve(self.without(fold), self.spectrum.variances, l2, start, ROUGH))
            logits.append(predict(self.spectrum.coordinates[fold], solutions[-1]))
            loss += float(self.weights[fold] @ row_losses(self.labels[fold], logits[-1]))
        return Trial(loss, solutions, np.concatenate(logits))

    def without(self, fold: slice) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """The rows before and behind a fold, as views."""
        sides = [slice(0, fold.start), slice(fold.stop, len(self.labels))]
        columns = self.spectrum.coordinates, self.labels, self.weights
        return [(columns[0][side], columns[1][side], columns[2][side]) for side in sides if side.stop > side.start]
