"""Whether two samples come from one distribution: classifier two-sample tests (Lopez-Paz & Oquab 2017)."""

from __future__ import annotations

import numpy as np

FOLDS = 5
PERMUTATIONS = 999


def classifier_test(features: np.ndarray, second: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """Cross-validated AUC of telling the samples apart, and its p-value by permutation.

    The classifier is kernel ridge regression, whose held-out predictions are linear in the labels: one smoother serves
    every permutation.

    Args:
        features: Standardised, (rows, width).
        second: Whether a row is of the second sample, (rows,) bool.
        seed: Of the folds and the permutations.
    """
    random = np.random.default_rng(seed)
    fold = random.permutation(len(second)) % FOLDS
    permuted = [second, *(random.permutation(second) for _ in range(PERMUTATIONS))]
    labels = np.stack(permuted, axis=1).astype(np.float64)
    areas = areas_under_curve(held_out(features, labels, fold), labels)
    return float(areas[0]), float((areas >= areas[0] - 1e-12).mean())


def held_out(features: np.ndarray, labels: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Predictions (rows, problems) of each fold by ridge regression on the others, about their mean.

    The penalty is the mean squared length of a row, which is 1 in the kernel below; labels (rows, problems).
    """
    kernel = (features @ features.T).astype(np.float64)
    kernel /= max(float(kernel.diagonal().mean()), 1e-12)
    predictions = np.empty_like(labels)
    for number in range(FOLDS):
        inside, outside = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        centred = labels[inside] - labels[inside].mean(0)
        solved = np.linalg.solve(kernel[np.ix_(inside, inside)] + np.eye(len(inside)), centred)
        predictions[outside] = kernel[np.ix_(outside, inside)] @ solved
    return predictions


def areas_under_curve(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Area under the ROC curve of each problem, (problems,); scores and labels (rows, problems).

    >>> areas_under_curve(np.array([[0.1], [0.7], [0.4]]), np.array([[0.0], [1.0], [0.0]])).tolist()
    [1.0]
    """
    from scipy.stats import rankdata

    ranks = rankdata(scores, axis=0)
    ones = labels.sum(0)
    return np.asarray(((ranks * labels).sum(0) - ones * (ones + 1) / 2) / (ones * (len(labels) - ones)))
