"""Classifiers on arrays of features: no framework, deterministic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal

import numpy as np

from .contracts import HeadKind, Metric


@dataclass(frozen=True)
class Head:
    """Dense layers with ReLU between them; the last one gives logits. Standardisation is folded into the first.

    `layers` holds (weights of shape (inputs, outputs), bias of shape (outputs,)) pairs, float32.

    >>> head = Head(((np.eye(2, dtype="float32"), np.zeros(2, "float32")),))
    >>> head.logits(np.array([[1.0, 2.0]], "float32")).tolist()
    [[1.0, 2.0]]
    """

    layers: tuple[tuple[np.ndarray, np.ndarray], ...]

    def logits(self, features: np.ndarray) -> np.ndarray:
        """(rows, width) to (rows, classes)."""
        for weights, bias in self.layers[:-1]:
            features = np.maximum(features @ weights + bias, 0)
        weights, bias = self.layers[-1]
        return features @ weights + bias


@dataclass(frozen=True)
class Fit:
    """A head fitted on all rows, and what cross-validation said of its kind."""

    head: Head
    l2: float
    """Of a mean, the logistic regression's."""
    held_out: np.ndarray
    """Rows, as indices, that cross-validation held out."""
    logits: np.ndarray
    """Of those rows, from heads that have not seen them, (rows held out, classes) float32."""
    kind: Literal["mean", "logistic", "ridge", "dense"]


LEAST_SCALE = 0.3
"""Of a feature, in root mean squares of the deviations of all. One that hardly moves in the sample is not blown up, or
a row that does move it is called with absurd confidence (the constant beside the deviation in Tusher 2001, Tibshirani
2002). On digits, two fifths of EfficientNet's last features are such."""


@dataclass(frozen=True)
class Scaling:
    """Standardisation of features, undone by folding it into the first layer."""

    mean: np.ndarray
    scale: np.ndarray

    @classmethod
    def of(cls, features: np.ndarray) -> Scaling:
        """Of features (rows, width) of any float type, a chunk at a time (Chan 1979)."""
        width = features.shape[1]
        count, mean, squares, most = 0, np.zeros(width), np.zeros(width), np.zeros(width)
        for rows in chunks_of(*features.shape):
            chunk = np.array(features[rows], np.float64)  # a copy: it is worked on in place
            gap = chunk.mean(0) - mean
            total = count + len(chunk)
            mean = mean + gap * (len(chunk) / total)
            most = np.maximum(most, np.abs(chunk).max(0))
            chunk -= chunk.mean(0)
            squares += np.einsum("nw,nw->w", chunk, chunk) + gap**2 * (count * len(chunk) / total)
            count = total
        deviation = np.sqrt(squares / max(1, count))
        # A feature that never moves carries nothing: leave it at zero instead of dividing by its rounding noise.
        moves = deviation > 1e-6 * (1 + most)
        least = LEAST_SCALE * np.sqrt(np.mean(np.square(deviation[moves]))) if moves.any() else 0.0
        scale = np.where(moves, np.maximum(deviation, least), np.inf)
        return cls(mean.astype(np.float32), scale.astype(np.float32))

    def apply(self, features: np.ndarray) -> np.ndarray:
        """A standardised float32 copy."""
        scaled = np.array(features, np.float32)
        scaled -= self.mean
        scaled /= self.scale
        return scaled

    def fold(self, weights: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The layer on raw features that equals (weights, bias) on standardised ones."""
        folded = weights / self.scale[:, None]
        return folded.astype(np.float32), (bias - self.mean @ folded).astype(np.float32)


CHUNK = 2**20
"""Numbers of features that are held in memory at a time, where all rows are passed over."""


def chunks_of(rows: int, width: int) -> Iterator[slice]:
    step = max(1, CHUNK // max(1, width))
    return (slice(start, min(start + step, rows)) for start in range(0, rows, step))


class Scaled:
    """Features, often memory maps, which are standardised as they are read.

    Several `parts`, each (rows, width of the part), stand side by side, and each counts by its weight, however wide it
    is. All features together have a mean variance of 1.

    >>> part = np.array([[1.0, 5.0], [3.0, 7.0]])
    >>> Scaled(part, part[:, :1], weights=(1.0, 0.5)).take(np.arange(2)).astype(float).round(2).tolist()
    [[-1.1, -1.1, -0.77], [1.1, 1.1, 0.77]]
    """

    def __init__(self, *parts: np.ndarray, weights: Sequence[float] = (1.0,)) -> None:
        self.parts = parts
        scalings = [Scaling.of(part) for part in parts]
        widths = np.array([part.shape[1] for part in parts])
        self.width = int(widths.sum())
        shares = np.square(weights, dtype=np.float64)
        factors = np.sqrt(shares / shares.sum() * self.width / widths)
        self.scaling = Scaling(
            np.concatenate([scaling.mean for scaling in scalings]),
            np.concatenate([scaling.scale / np.float32(f) for scaling, f in zip(scalings, factors, strict=True)]),
        )

    def take(self, rows: np.ndarray | slice) -> np.ndarray:
        """(rows, width) float32."""
        scaled = np.concatenate([part[rows] for part in self.parts], axis=1, dtype=np.float32)
        scaled -= self.scaling.mean
        scaled /= self.scaling.scale
        return scaled

    def chunks(self) -> Iterator[tuple[slice, np.ndarray]]:
        for rows in chunks_of(len(self.parts[0]), self.width):
            yield rows, self.take(rows)


def folds_of(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """The fold of each row, (rows,) int: classes spread evenly, by a seeded shuffle.

    >>> np.bincount(folds_of(np.array([0] * 10 + [1] * 5), 5, seed=0)).tolist()
    [3, 3, 3, 3, 3]
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    fold = np.empty(len(labels), np.int64)
    fold[order] = np.arange(len(labels)) % count
    return fold


def row_weights(labels: np.ndarray, class_weights: tuple[float, ...]) -> np.ndarray:
    """(rows,) float32, mean 1: each row's class weight, or ones where there are none."""
    if not class_weights:
        return np.ones(len(labels), np.float32)
    weights = np.asarray(class_weights, np.float32)[labels]
    return weights / weights.mean()


def one_thread() -> AbstractContextManager[object]:
    """BLAS on one thread: thousands of small products lose a hundredfold when other work holds a core, gain next to
    nothing when none does, and round the same on any number of cores only so."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1, user_api="blas")


def fit_head(
    features: np.ndarray | Scaled,
    labels: np.ndarray,
    classes: int,
    *,
    kind: HeadKind,
    weights: np.ndarray,
    seed: int,
    metric: Metric = "accuracy",
    goes_on: bool = False,
) -> Fit:
    """Fit the head of a frozen network. features (rows, width), labels (rows,) int, weights (rows,) float.

    `features` may be a memory map of float16 or float32, or a slice of one: what memory the fit takes does not grow
    with the rows. `metric` is what a linear head's kind is chosen by; `goes_on` tells that training begins there.
    """
    from . import dense, linear

    scaled = features if isinstance(features, Scaled) else Scaled(features)
    with one_thread():
        if kind == "dense":
            return dense.fit(scaled, labels, classes, weights, seed)
        return linear.fit(scaled, labels, classes, weights, seed, metric, goes_on)
