"""A linear head: logistic regression, or ridge regression where cross-validation finds it clearly better.

With many classes of few rows the logistic loss has little to go by, and the closed form, which weighs every direction
by the features' own scatter, is often ahead (as linear discriminant analysis is: Hastie 1994).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from . import logistic, metrics
from .calibration import sharpness
from .contracts import Metric
from .heads import Fit, Head, Scaled, folds_of
from .ridge import Ridge
from .ridge import solve as solve_ridge
from .spectrum import Spectrum

FOLDS = 5
CROSS_VALIDATED_ROWS = 4000
"""More rows would only cost time: the choices are settled by then."""
HELD_OUT_ROWS = 600
"""Folds are held out in turn until they make so many rows, which tell penalties apart: all see the same ones."""


def fit(features: Scaled, labels: np.ndarray, classes: int, weights: np.ndarray, seed: int, metric: Metric) -> Fit:
    """One layer, its kind and L2 by cross-validation; fitted on all rows.

    The decomposition is of at most CROSS_VALIDATED_ROWS rows: wider features are used in the directions in which these
    vary.
    """
    rows, folds = in_folds(labels, seed)
    spectrum = Spectrum.of(features.take(rows), weights[rows])
    own, own_weights = labels[rows], weights[rows].astype(np.float32)
    held = slice(0, folds[-1].stop)
    closed = Ridge(spectrum, own, classes)
    l2_ridge = closed.best(own, metrics.by_name(metric)).l2
    outputs = closed.leave_out(l2_ridge, folds)
    # Near zero weights the logistic loss is the squared one with each class's curvature of 1 / classes.
    begin = logistic.CURVATURE * l2_ridge / classes
    l2, trial = logistic.Validation(spectrum, own, classes, own_weights, folds).search(begin)
    everything = AllRows(features, labels, weights, spectrum.mean) if len(labels) > len(rows) else None
    if clearly_better(own[held], outputs.argmax(1), trial.logits.argmax(1), metric):
        factor = sharpness(outputs, own[held])
        head = folded(features, *(factor * part for part in ridge_layer(closed, l2_ridge, everything, classes)))
        return Fit(head, l2_ridge, rows[held], (factor * outputs).astype(np.float32), "ridge")
    near: np.ndarray = np.mean(trial.solutions, axis=0)
    solution = logistic.solve([(spectrum.coordinates, own, own_weights)], spectrum.variances, l2, near)
    if everything:
        # So near the minimum already, a few passes over all rows are enough.
        rough, along = logistic.ROUGH, spectrum.directions
        solution = logistic.solve(everything, spectrum.variances, l2, solution, rough, along)
    head = folded(features, *spectrum.layer(solution[:-1], solution[-1]))
    return Fit(head, l2, rows[held], trial.logits, "logistic")


def folded(features: Scaled, weights: np.ndarray, bias: np.ndarray) -> Head:
    return Head((features.scaling.fold(weights, bias),))


def ridge_layer(closed: Ridge, l2: float, everything: AllRows | None, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """On standardised features, fitted on the cross-validated rows, or on all where there are more."""
    if everything is None:
        return closed.spectrum.layer(closed.solution(l2), closed.prior)
    weights, bias = solve_ridge(everything, classes, l2)
    return weights, bias - closed.spectrum.mean @ weights


class AllRows:
    """All rows a chunk at a time, standardised and about `mean`, which is the scatter's."""

    def __init__(self, features: Scaled, labels: np.ndarray, weights: np.ndarray, mean: np.ndarray) -> None:
        self.features, self.labels, self.weights, self.mean = features, labels, weights, mean

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        for rows, chunk in self.features.chunks():
            chunk -= self.mean
            yield chunk, self.labels[rows], self.weights[rows].astype(np.float32)


def in_folds(labels: np.ndarray, seed: int) -> tuple[np.ndarray, list[slice]]:
    """At most CROSS_VALIDATED_ROWS rows as indices, sorted by fold, and where the folds to hold out lie among them."""
    rows = np.random.default_rng(seed).permutation(len(labels))[:CROSS_VALIDATED_ROWS].copy()  # not a view of all rows
    fold = folds_of(labels[rows], FOLDS, seed)
    ends = np.cumsum(np.bincount(fold, minlength=FOLDS)).tolist()
    folds = [slice(start, end) for start, end in zip([0, *ends], ends, strict=False) if end > start]
    enough = int(np.searchsorted([fold.stop for fold in folds], HELD_OUT_ROWS)) + 1
    return rows[np.argsort(fold, kind="stable")], folds[:enough]


def clearly_better(labels: np.ndarray, ours: np.ndarray, theirs: np.ndarray, metric: Metric) -> bool:
    """Whether predictions `ours` score higher than `theirs`, each (rows,), by more than two standard errors of the
    difference on the same rows (McNemar 1947)."""
    worth = np.full(len(labels), 1.0)
    if metric == "balanced_accuracy":
        worth = 1 / np.bincount(labels)[labels]
    gain = worth * ((ours == labels).astype(float) - (theirs == labels))
    return bool(gain.sum() > 2 * np.sqrt((gain**2).sum()))
