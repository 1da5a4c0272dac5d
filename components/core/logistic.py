"""Multinomial logistic regression by L-BFGS, its L2 chosen by cross-validated log loss."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

from .heads import folds_of

L2_GRID = (10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
"""Penalty is l2 / 2 × |weights|², against the mean loss of a row. Strongest first: each starts from the one before."""

FOLDS = 5
CROSS_VALIDATED_ROWS = 4000
"""More rows would only cost time: the choice of L2 is settled by then."""

Layers = tuple[tuple[np.ndarray, np.ndarray], ...]


def solve(
    features: np.ndarray, labels: np.ndarray, classes: int, weights: np.ndarray, l2: float, start: np.ndarray
) -> np.ndarray:
    """Weights over bias, (width + 1, classes) float64, from `start` of the same shape. The bias is not penalised."""
    rows, width = features.shape
    targets = np.eye(classes, dtype=np.float32)[labels]

    def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
        current = flat.reshape(width + 1, classes)
        logs = log_softmax(features @ current[:-1].astype(np.float32) + current[-1].astype(np.float32), axis=1)
        loss = -float((weights * (targets * logs).sum(1)).mean(dtype=np.float64))
        error = (np.exp(logs) - targets) * (weights / rows)[:, None]
        gradient = np.vstack([features.T @ error, error.sum(0)]).astype(np.float64)
        gradient[:-1] += l2 * current[:-1]
        return loss + l2 / 2 * float((current[:-1] ** 2).sum()), gradient.ravel()

    options = {"maxiter": 200, "ftol": 1e-6, "gtol": 1e-5}
    return minimize(objective, start.ravel(), jac=True, method="L-BFGS-B", options=options).x.reshape(start.shape)


def predict(features: np.ndarray, solution: np.ndarray) -> np.ndarray:
    return features @ solution[:-1].astype(np.float32) + solution[-1].astype(np.float32)


def cross_validate(
    features: np.ndarray, labels: np.ndarray, classes: int, weights: np.ndarray, seed: int
) -> tuple[float, np.ndarray]:
    """The L2 of the lowest out-of-fold log loss, and the out-of-fold logits there, (rows, classes)."""
    fold = folds_of(labels, FOLDS, seed)
    starts = np.zeros((FOLDS, features.shape[1] + 1, classes))
    best: tuple[float, float, np.ndarray] | None = None
    for l2 in L2_GRID:
        logits = np.empty((len(labels), classes), np.float32)
        for k, start in enumerate(starts):
            inside = fold != k
            starts[k] = solve(features[inside], labels[inside], classes, weights[inside], l2, start)
            logits[~inside] = predict(features[~inside], starts[k])
        loss = -float((log_softmax(logits, axis=1)[np.arange(len(labels)), labels] * weights).mean())
        if best and loss > best[0]:
            break  # The loss has one minimum along the path, and the weaker the penalty the slower the fit.
        best = (loss, l2, logits)
    assert best is not None
    return best[1], best[2]


def fit(
    features: np.ndarray, labels: np.ndarray, classes: int, weights: np.ndarray, seed: int
) -> tuple[Layers, float, np.ndarray, np.ndarray]:
    """One layer on standardised features (rows, width); the L2; rows held out in turn, and their logits."""
    rows = np.random.default_rng(seed).permutation(len(labels))[:CROSS_VALIDATED_ROWS]
    l2, logits = cross_validate(features[rows], labels[rows], classes, weights[rows], seed)
    solution = solve(features, labels, classes, weights, l2, np.zeros((features.shape[1] + 1, classes)))
    return ((solution[:-1].astype(np.float32), solution[-1].astype(np.float32)),), l2, rows, logits
