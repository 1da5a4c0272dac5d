"""Ridge regression on one-hot labels: a linear probe in closed form.

One decomposition serves every L2, and gives exact leave-one-out predictions beside (Allen 1974, PRESS; the few-shot
evaluation of google-research/big_vision selects its L2 the same way, from one decomposition).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

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


def leave_one_out(features: np.ndarray, labels: np.ndarray, classes: int, weights: np.ndarray) -> np.ndarray:
    """Each row predicted from all others: (len(L2_GRID), rows, classes), of features (rows, width), weights (rows,)."""
    share = weights / weights.sum()
    root = np.sqrt(weights)[:, None]
    targets = np.eye(classes)[labels]
    prior = share @ targets
    inputs = (features.astype(np.float64) - share @ features) * root
    left, singular, _ = np.linalg.svd(inputs, full_matrices=False)
    projected = left.T @ ((targets - prior) * root)
    predictions = np.empty((len(L2_GRID), *targets.shape))
    for i, l2 in enumerate(L2_GRID):
        shrink = singular**2 / (singular**2 + l2 * weights.sum())
        residual = targets - prior - (left * shrink) @ projected / root
        leverage = (left**2) @ shrink + share  # the prior uses each row's own target too
        predictions[i] = targets - residual / (1 - np.minimum(leverage, 1 - 1e-6))[:, None]
    return predictions


def probe(features: np.ndarray, labels: np.ndarray, classes: int, weights: np.ndarray, score: Score) -> Probe:
    """The best L2 by leave-one-out score. features (rows, width), standardised."""
    predictions = leave_one_out(features, labels, classes, weights)
    scores = [score(labels, each.argmax(1)) for each in predictions]
    # Of equally good ones the strongest: it moves least when the rows change.
    best = max(range(len(scores)), key=lambda i: (scores[i], i))
    return Probe(float(scores[best]), L2_GRID[best], predictions[best])


def predict(
    features: np.ndarray, labels: np.ndarray, classes: int, weights: np.ndarray, l2: float, others: np.ndarray
) -> np.ndarray:
    """Predictions (other rows, classes) of a probe fitted on features (rows, width)."""
    share = weights / weights.sum()
    targets = np.eye(classes)[labels]
    prior, mean = share @ targets, share @ features
    inputs = (features - mean).astype(np.float64)
    # The kernel form solves a system of the rows, of which a learning curve has few.
    kernel = inputs @ inputs.T + np.diag(l2 * weights.sum() / weights)
    return (others - mean) @ (inputs.T @ np.linalg.solve(kernel, targets - prior)) + prior
