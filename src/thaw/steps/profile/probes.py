"""Probes: cheap classifiers on frozen features, arrays in and numbers out.

Transferability scores (LogME, H-score) rank networks, not depths; plain probes are as reliable and read by anyone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...heads.depths import depth_weights
from ...heads.ridge import Probe, Score, predict, probe
from ...heads.standardisation import Standardisation, StandardisedFeatures
from ...metrics import scores as metrics
from ...metrics.confident_learning import claiming_classes
from ...networks.protocol import Advance, no_progress
from ...records import Metric

NEIGHBOURS = 10
CURVE_SHARES = (0.1, 0.2, 0.4, 0.8)
CURVE_REPEATS = 5


DECAYS = (0.7, 1.0)
"""Decays of the readouts beside the last depth alone. Low layers help on images and on sentiment, and harm where topics
or authors are told apart. The better readout scores 6 points more than the last depth alone on 300 images and 1 point
more on 300 texts, on average (`python -m benchmarks.regret readouts`)."""


def readout_features(features: Sequence[np.ndarray], decay: float) -> np.ndarray:
    """Standardised features of depths, from the input up, each (rows, width), under a readout's weights."""
    reads = depth_weights(len(features), decay)
    read = features[len(features) - len(reads) :]
    return StandardisedFeatures(*read, weights=reads).take(slice(None))


@dataclass(frozen=True)
class Target:
    """Labels that probes predict, whatever features they are given, and how they are scored."""

    labels: np.ndarray
    """(rows,) int."""
    classes: int
    weights: np.ndarray
    """(rows,) float."""
    metric: Metric
    advance: Advance = no_progress
    """Called with 1 after every probe."""

    @property
    def score(self) -> Score:
        return metrics.score_function(self.metric)

    def probe(self, scaled: np.ndarray) -> Probe:
        """Leave-one-out ridge probe of features scaled (rows, width), standardised."""
        result = probe(scaled, self.labels, self.classes, self.weights, self.score)
        self.advance(1)
        return result

    def error(self, probe: Probe) -> float:
        """Standard error of a probe's score."""
        return standard_error(probe.predictions.argmax(1) == self.labels, self.labels, self.metric)

    def knn(self, features: np.ndarray) -> float:
        return knn(features, self.labels, self.classes, self.score)

    def curve(self, scaled: np.ndarray, l2: float) -> list[tuple[int, float]]:
        return curve(scaled, self.labels, self.classes, self.weights, l2, self.score)


def standard_error(right: np.ndarray, labels: np.ndarray, metric: Metric) -> float:
    """Standard error of an accuracy, or of a mean of the classes' recalls; right (rows,) bool."""
    if metric == "accuracy":
        return float(np.sqrt(right.mean() * (1 - right.mean()) / len(right)))
    parts = [right[labels == k] for k in np.unique(labels)]
    return float(np.sqrt(sum(part.mean() * (1 - part.mean()) / len(part) for part in parts)) / len(parts))


def knn(features: np.ndarray, labels: np.ndarray, classes: int, score: Score) -> float:
    """Leave-one-out score of the NEIGHBOURS nearest by cosine, weighted by their similarity; features (rows, width)."""
    scaled = Standardisation.of(features).apply(features)
    unit = scaled / np.maximum(np.linalg.norm(scaled, axis=1, keepdims=True), 1e-12)
    count = min(NEIGHBOURS, len(labels) - 1)
    votes = np.zeros((len(labels), classes))
    for start in range(0, len(labels), 1000):
        similar = unit[start : start + 1000] @ unit.T
        rows = np.arange(len(similar))
        similar[rows, start + rows] = -np.inf
        nearest = np.argpartition(-similar, count - 1, axis=1)[:, :count]
        weight = np.exp(np.take_along_axis(similar, nearest, axis=1))
        np.add.at(votes, (start + rows[:, None], labels[nearest]), weight)
    return score(labels, votes.argmax(1))


def curve(
    scaled: np.ndarray, labels: np.ndarray, classes: int, weights: np.ndarray, l2: float, score: Score
) -> list[tuple[int, float]]:
    """Learning curve: rows fitted on, and the mean score on the rest over CURVE_REPEATS random draws.

    scaled (rows, width), standardised.
    """
    points = []
    for share in CURVE_SHARES:
        rows, scores = max(classes, round(share * len(labels))), []
        for repeat in range(CURVE_REPEATS):
            order = np.random.default_rng([repeat, rows]).permutation(len(labels))
            inside, outside = order[:rows], order[rows:]
            if len(np.unique(labels[inside])) > 1 and len(outside):
                held = predict(scaled[inside], labels[inside], classes, weights[inside], l2, scaled[outside])
                scores.append(score(labels[outside], held.argmax(1)))
        if scores:
            points.append((rows, float(np.mean(scores))))
    return points


def label_noise(predictions: np.ndarray, labels: np.ndarray) -> float:
    """Share of rows that held-out predictions (rows, classes) confidently give to another class."""
    return float((claiming_classes(predictions, labels) >= 0).mean())
