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
from . import logistic, ridge
from .eigendecomposition import Eigendecomposition
from .folds import stratified_folds
from .head import Fit, Head
from .standardisation import StandardisedFeatures

FOLDS = 5
MAX_CROSS_VALIDATED_ROWS = 4000
"""More rows would only cost time: the choices are clear by then."""
MIN_HELD_OUT_ROWS = 600
"""Folds are held out in turn until they have so many rows, enough to compare penalties on the same rows."""


def fit(
    features: StandardisedFeatures,
    labels: np.ndarray,
    classes: int,
    weights: np.ndarray,
    seed: int,
    metric: Metric,
    initialises_training: bool,
    groups: np.ndarray | None = None,
) -> Fit:
    """One layer, its kind and L2 chosen by cross-validation, fitted on all rows.

    A head that initialises training is logistic instead of the mean: it is at the minimum of training's own loss.
    """
    both = Regressions(features, labels, classes, weights, seed, metric, groups)
    own = labels[both.held_out]
    if significantly_better(own, both.outputs.argmax(1), both.fold_fits.logits.argmax(1), metric):
        return both.ridge()
    return both.logistic() if initialises_training else mean(both.logistic(), both.ridge())


class Regressions:
    """Both regressions, cross-validated on one decomposition of at most MAX_CROSS_VALIDATED_ROWS rows.

    Features wider than that are used in the directions in which these rows vary.
    """

    def __init__(
        self,
        features: StandardisedFeatures,
        labels: np.ndarray,
        classes: int,
        weights: np.ndarray,
        seed: int,
        metric: Metric,
        groups: np.ndarray | None = None,
    ) -> None:
        rows, every_fold = rows_by_fold(labels, seed, groups)
        folds = every_fold[: int(np.searchsorted([fold.stop for fold in every_fold], MIN_HELD_OUT_ROWS)) + 1]
        self.features, self.classes, self.held_out = features, classes, rows[: folds[-1].stop]
        self.labels, self.weights = labels[rows], weights[rows].astype(np.float32)
        self.decomposition = Eigendecomposition.of(features.take(rows), weights[rows])
        self.closed_form = ridge.Ridge(self.decomposition, self.labels, classes)
        by_group = every_fold if groups is not None else ()  # another row of the group would give the answer
        self.ridge_l2 = self.closed_form.best(self.labels, scores.score_function(metric), by_group).l2
        self.outputs = self.closed_form.leave_folds_out(self.ridge_l2, folds)
        # Near zero weights the logistic loss is the squared one with each class's curvature of 1 / classes.
        start_l2 = logistic.CURVATURE * self.ridge_l2 / classes
        validation = logistic.CrossValidation(self.decomposition, self.labels, classes, self.weights, folds)
        self.logistic_l2, self.fold_fits = validation.best(start_l2)
        all_rows = CentredRows(features, labels, weights, self.decomposition.mean)
        self.all_rows = all_rows if len(labels) > len(rows) else None
        """None where all rows are decomposed."""

    def ridge(self) -> Fit:
        factor = logit_scale(self.outputs, self.labels[: len(self.held_out)])
        head = head_on_raw_features(self.features, *(factor * part for part in self.ridge_layer()))
        return Fit(head, self.ridge_l2, self.held_out, (factor * self.outputs).astype(np.float32), "ridge")

    def ridge_layer(self) -> tuple[np.ndarray, np.ndarray]:
        """Weights and bias on standardised features."""
        if self.all_rows is None:
            return self.decomposition.layer(self.closed_form.solution(self.ridge_l2), self.closed_form.prior)
        weights, bias = ridge.solve(self.all_rows, self.classes, self.ridge_l2)
        return weights, bias - self.decomposition.mean @ weights

    def logistic(self) -> Fit:
        start: np.ndarray = np.mean(self.fold_fits.solutions, axis=0)
        chunks = [(self.decomposition.coordinates, self.labels, self.weights)]
        variances, directions = self.decomposition.variances, self.decomposition.directions
        solution = logistic.solve(chunks, variances, self.logistic_l2, start)
        if self.all_rows:
            # So near the minimum already, a few passes over all rows are enough.
            tolerance = logistic.LOOSE_TOLERANCE
            solution = logistic.solve(self.all_rows, variances, self.logistic_l2, solution, tolerance, directions)
        head = head_on_raw_features(self.features, *self.decomposition.layer(solution[:-1], solution[-1]))
        return Fit(head, self.logistic_l2, self.held_out, self.fold_fits.logits, "logistic")


def mean(one: Fit, other: Fit) -> Fit:
    """The mean of two single layers, and of their logits on the same rows held out."""
    layer = ((first + second) / 2 for first, second in zip(*one.head.layers, *other.head.layers, strict=True))
    return Fit(Head((tuple(layer),)), one.l2, one.held_out, (one.logits + other.logits) / 2, "mean")


def head_on_raw_features(features: StandardisedFeatures, weights: np.ndarray, bias: np.ndarray) -> Head:
    """The head on raw features that equals a layer on standardised ones."""
    return Head((features.standardisation.fold(weights, bias),))


class CentredRows:
    """All rows a chunk at a time, standardised, minus the `mean` of the decomposition."""

    def __init__(
        self, features: StandardisedFeatures, labels: np.ndarray, weights: np.ndarray, mean: np.ndarray
    ) -> None:
        self.features, self.labels, self.weights, self.mean = features, labels, weights, mean

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        for rows, chunk in self.features.chunks():
            chunk -= self.mean
            yield chunk, self.labels[rows], self.weights[rows].astype(np.float32)


def rows_by_fold(labels: np.ndarray, seed: int, groups: np.ndarray | None = None) -> tuple[np.ndarray, list[slice]]:
    """At most MAX_CROSS_VALIDATED_ROWS rows as indices, sorted by fold, and the slices of the folds."""
    rows = np.random.default_rng(seed).permutation(len(labels))[:MAX_CROSS_VALIDATED_ROWS]
    rows = rows.copy()  # not a view that keeps all rows
    fold = stratified_folds(labels[rows], FOLDS, seed, None if groups is None else groups[rows])
    ends = np.cumsum(np.bincount(fold, minlength=FOLDS)).tolist()
    folds = [slice(start, end) for start, end in zip([0, *ends], ends, strict=False) if end > start]
    return rows[np.argsort(fold, kind="stable")], folds


def significantly_better(labels: np.ndarray, first: np.ndarray, second: np.ndarray, metric: Metric) -> bool:
    """True when predictions `first` score higher than `second`, each (rows,), by more than two standard errors.

    The standard error is that of the difference on the same rows (McNemar 1947): with gains g = first − second a row,
    Σg > 2 √Σg². For balanced accuracy a row counts 1 / rows of its class.
    """
    counts = np.full(len(labels), 1.0)
    if metric == "balanced_accuracy":
        counts = 1 / np.bincount(labels)[labels]
    gain = counts * ((first == labels).astype(float) - (second == labels))
    return bool(gain.sum() > 2 * np.sqrt((gain**2).sum()))
