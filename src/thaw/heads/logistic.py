"""Multinomial logistic regression by L-BFGS, its L2 chosen by cross-validated log loss.

Near zero weights every class has probability 1/K, and the loss has curvature λ/K along a direction of variance λ; near
the minimum it is about CURVATURE of that. So the solver works with weights divided by

    scale = (CURVATURE λ / K + l2)^-½    (bias: (CURVATURE / K)^-½)

which makes the Hessian close to the identity: all directions converge alike, in a few passes over the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..metrics.scores import row_losses
from .eigendecomposition import Chunks, Eigendecomposition

L2_GRID = (10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001)
"""Penalties l2 / 2 × |weights|², against the mean loss of a row."""

CURVATURE = 0.2
"""Curvature of the loss near its minimum over that at zero weights."""

LOOSE_TOLERANCE, TOLERANCE = 1e-5, 1e-6
"""Gain in nats a row below which the solver stops: to compare penalties, and to keep."""

MIN_GAIN = 0.005
"""Share of the log loss that a weaker penalty must gain over its stronger neighbour: a smaller gain is noise, and the
stronger one moves less when the rows change."""


def loss_and_gradient(
    chunks: Chunks, weights: np.ndarray, bias: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray, float]:
    """Sums over the rows: the weighted cross-entropy, its gradients by weights (inputs, classes) and bias (classes,),
    and the rows' weights.

    With logits z = xW + b and probabilities p = softmax(z), a row of label y and weight w adds

        loss  w (log Σ exp z − z_y),  gradients  xᵀ e and e with e = w (p − onehot(y))
    """
    loss, total = 0.0, 0.0
    by_weights, by_bias = np.zeros(weights.shape), np.zeros(bias.shape)
    for features, labels, row_weights in chunks:
        rows = np.arange(len(labels))
        error = features @ weights + bias  # logits, then in place their exponentials, then the error
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
    chunks: Chunks,
    variances: np.ndarray,
    l2: float,
    start: np.ndarray,
    tolerance: float = TOLERANCE,
    directions: np.ndarray | None = None,
) -> np.ndarray:
    """Weights over bias, (rank + 1, classes) float64 on coordinates of these variances, from `start` of that shape.

    `chunks` holds coordinates, or centred features where `directions` (width, rank) are given. The bias is not
    penalised.
    """
    from scipy.optimize import minimize

    classes = start.shape[1]
    curvature = np.append(CURVATURE / classes * variances + l2, CURVATURE / classes)
    scale = 1 / np.sqrt(curvature)[:, None]
    objective = penalised_loss(chunks, l2, scale, directions)
    options = {"maxiter": 200, "ftol": tolerance, "gtol": 1e-7}
    found = minimize(objective, (start / scale).ravel(), jac=True, method="L-BFGS-B", options=options).x
    return scale * found.reshape(start.shape)


def penalised_loss(
    chunks: Chunks, l2: float, scale: np.ndarray, directions: np.ndarray | None
) -> Callable[[np.ndarray], tuple[float, np.ndarray]]:
    """The mean loss with its penalty, and the gradient, by flat weights that are divided by `scale`."""

    def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
        solution = scale * flat.reshape(len(scale), -1)
        weights, bias = solution[:-1].astype(np.float32), solution[-1].astype(np.float32)
        if directions is not None:
            weights = directions @ weights
        loss, by_weights, by_bias, total = loss_and_gradient(chunks, weights, bias)
        if directions is not None:
            by_weights = directions.T @ by_weights
        gradient = np.vstack([by_weights / total + l2 * solution[:-1], by_bias / total])
        return loss / total + l2 / 2 * float((solution[:-1] ** 2).sum()), (scale * gradient).ravel()

    return objective


def predict(features: np.ndarray, solution: np.ndarray) -> np.ndarray:
    """Logits (rows, classes)."""
    return features @ solution[:-1].astype(np.float32) + solution[-1].astype(np.float32)


@dataclass(frozen=True)
class FoldFits:
    """The solutions of one L2, each without one fold."""

    loss: float
    """Weighted log loss of the rows held out, their sum."""
    solutions: list[np.ndarray]
    """Solution of each fold, (rank + 1, classes)."""
    logits: np.ndarray
    """(rows held out, classes)."""


class CrossValidation:
    """Cross-validation on rows that are sorted by fold; the folds that are held out in turn come first."""

    def __init__(
        self,
        decomposition: Eigendecomposition,
        labels: np.ndarray,
        classes: int,
        weights: np.ndarray,
        folds: Sequence[slice],
    ) -> None:
        self.decomposition, self.labels, self.weights, self.folds = decomposition, labels, weights, folds
        self.zeros = np.zeros((len(decomposition.variances) + 1, classes))

    def best(self, start_l2: float) -> tuple[float, FoldFits]:
        """The L2 of the lowest held-out log loss, and its fits: a descent from the grid's nearest to `start_l2`.

        The loss has one minimum along the penalties, and neighbours start from each other's solutions.
        """
        best = int(np.abs(np.log(np.array(L2_GRID) / start_l2)).argmin())
        fits = {best: self.fit(L2_GRID[best], [self.zeros] * len(self.folds))}
        for step, max_ratio in ((1, 1 - MIN_GAIN), (-1, 1 / (1 - MIN_GAIN))):
            while 0 <= best + step < len(L2_GRID) and best + step not in fits:
                fits[best + step] = self.fit(L2_GRID[best + step], fits[best].solutions)
                if fits[best + step].loss > fits[best].loss * max_ratio:
                    break
                best += step
        return L2_GRID[best], fits[best]

    def fit(self, l2: float, starts: Sequence[np.ndarray]) -> FoldFits:
        solutions, logits, loss = [], [], 0.0
        for fold, start in zip(self.folds, starts, strict=True):
            solutions.append(solve(self.without(fold), self.decomposition.variances, l2, start, LOOSE_TOLERANCE))
            logits.append(predict(self.decomposition.coordinates[fold], solutions[-1]))
            loss += float(self.weights[fold] @ row_losses(self.labels[fold], logits[-1]))
        return FoldFits(loss, solutions, np.concatenate(logits))

    def without(self, fold: slice) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """The rows before and after a fold, as views."""
        sides = [slice(0, fold.start), slice(fold.stop, len(self.labels))]
        columns = self.decomposition.coordinates, self.labels, self.weights
        return [(columns[0][side], columns[1][side], columns[2][side]) for side in sides if side.stop > side.start]
