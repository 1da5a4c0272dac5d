"""A linear head: the mean of a logistic and a ridge regression, or ridge alone where it is clearly better.

The two err on different rows, and their mean, a linear layer again, is seldom behind the better one
(`python -m benchmarks.regret readouts`). With many classes of few rows the logistic loss has little to go by, and the
closed form, which weighs every direction by the features' own scatter, is far ahead (as linear discriminant analysis
is: Hastie 1994).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..metrics import scores
from ..metrics.calibration import logit_scale
from ..records import Metric
from . import logistic
from .eigendecomposition import Eigendecomposition
from .folds import stratified_folds
from .head import Fit, Head
from .ridge import Ridge
from .ridge import solve as solve_ridge
from .standardisation import StandardisedFeatures

FOLDS = 5
CROSS_VALIDATED_ROWS = 4000
"""More rows would only cost time: the choices are settled by then."""
HELD_OUT_ROWS = 600
"""Folds are held out in turn until they make so many rows, which tell penalties apart: all see the same ones."""


def fit(
    features: StandardisedFeatures,
    labels: np.ndarray,
    classes: int,
    weights: np.ndarray,
    seed: int,
    metric: Metric,
    initialises_training: bool,
) -> Fit:
    """One layer, its kind and L2 by cross-validation; fitted on all rows.

    A head that training goes on from is logistic instead of the mean: it is at the minimum of training's own loss.
    """
    both = Regressions(features, labels, classes, weights, seed, metric)
    own = labels[both.held_out]
    if clearly_better(own, both.outputs.argmax(1), both.trial.logits.argmax(1), metric):
        return both.ridge()
    return both.logistic() if initialises_training else mean(both.logistic(), both.ridge())


class Regressions:
    """Both, cross-validated on one decomposition of at most CROSS_VALIDATED_ROWS rows: wider features are used in the
    directions in which these vary."""

    def __init__(
        self,
        features: StandardisedFeatures,
        labels: np.ndarray,
        classes: int,
        weights: np.ndarray,
        seed: int,
        metric: Metric,
    ) -> None:
        rows, folds = in_folds(labels, seed)
        self.features, self.classes, self.held_out = features, classes, rows[: folds[-1].stop]
        self.labels, self.weights = labels[rows], weights[rows].astype(np.float32)
        self.spectrum = Eigendecomposition.of(features.take(rows), weights[rows])
        self.closed = Ridge(self.spectrum, self.labels, classes)
        self.ridge_l2 = self.closed.best(self.labels, scores.by_name(metric)).l2
        self.outputs = self.closed.leave_out(self.ridge_l2, folds)
        # Near zero weights the logistic loss is the squared one with each class's curvature of 1 / classes.
        begin = logistic.CURVATURE * self.ridge_l2 / classes
        validation = logistic.Validation(self.spectrum, self.labels, classes, self.weights, folds)
        self.logistic_l2, self.trial = validation.search(begin)
        every = AllRows(features, labels, weights, self.spectrum.mean)
        self.everything = every if len(labels) > len(rows) else None

    def ridge(self) -> Fit:
        factor = logit_scale(self.outputs, self.labels[: len(self.held_out)])
        layer = ridge_layer(self.closed, self.ridge_l2, self.everything, self.classes)
        head = folded(self.features, *(factor * part for part in layer))
        return Fit(head, self.ridge_l2, self.held_out, (factor * self.outputs).astype(np.float32), "ridge")

    def logistic(self) -> Fit:
        near: np.ndarray = np.mean(self.trial.solutions, axis=0)
        parts, variances = [(self.spectrum.coordinates, self.labels, self.weights)], self.spectrum.variances
        solution = logistic.solve(parts, variances, self.logistic_l2, near)
        if self.everything:
            # So near the minimum already, a few passes over all rows are enough.
            rough, along = logistic.ROUGH, self.spectrum.directions
            solution = logistic.solve(self.everything, variances, self.logistic_l2, solution, rough, along)
        head = folded(self.features, *self.spectrum.layer(solution[:-1], solution[-1]))
        return Fit(head, self.logistic_l2, self.held_out, self.trial.logits, "logistic")


def mean(one: Fit, other: Fit) -> Fit:
    """Of two single layers, and of their logits on the same rows held out."""
    layer = ((ours + theirs) / 2 for ours, theirs in zip(*one.head.layers, *other.head.layers, strict=True))
    return Fit(Head((tuple(layer),)), one.l2, one.held_out, (one.logits + other.logits) / 2, "mean")


def folded(features: StandardisedFeatures, weights: np.ndarray, bias: np.ndarray) -> Head:
    return Head((features.standardisation.fold(weights, bias),))


def ridge_layer(closed: Ridge, l2: float, everything: AllRows | None, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """On standardised features, fitted on the cross-validated rows, or on all where there are more."""
    if everything is None:
        return closed.spectrum.layer(closed.solution(l2), closed.prior)
    weights, bias = solve_ridge(everything, classes, l2)
    return weights, bias - closed.spectrum.mean @ weights


class AllRows:
    """All rows a chunk at a time, standardised and about `mean`, which is the scatter's."""

    def __init__(
        self, features: StandardisedFeatures, labels: np.ndarray, weights: np.ndarray, mean: np.ndarray
    ) -> None:
        self.features, self.labels, self.weights, self.mean = features, labels, weights, mean

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        for rows, chunk in self.features.chunks():
            chunk -= self.mean
            yield chunk, self.labels[rows], self.weights[rows].astype(np.float32)


def in_folds(labels: np.ndarray, seed: int) -> tuple[np.ndarray, list[slice]]:
    """At most CROSS_VALIDATED_ROWS rows as indices, sorted by fold, and where the folds to hold out lie among them."""
    rows = np.random.default_rng(seed).permutation(len(labels))[:CROSS_VALIDATED_ROWS].copy()  # not a view of all rows
    fold = stratified_folds(labels[rows], FOLDS, seed)
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
