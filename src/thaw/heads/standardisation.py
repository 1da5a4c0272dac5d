"""Features with mean 0 and standard deviation 1, read in chunks; undone by folding it into a layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

MIN_SCALE = 0.3
"""Smallest scale of a feature, in root mean squares of the deviations of all. Without it a feature that hardly moves in
the sample is blown up, and a row that does move it is predicted with absurd confidence (the constant beside the
deviation in Tusher 2001, Tibshirani 2002). On digits, two fifths of EfficientNet's last features are such."""

MIN_RELATIVE_DEVIATION = 1e-6
"""Standard deviation over the largest value, below which a feature is constant: the rest is rounding."""

CHUNK = 2**20
"""Numbers of features that are held in memory at a time, where all rows are passed over."""


@dataclass(frozen=True)
class Standardisation:
    """A linear map of each feature, which can be folded into the first layer."""

    mean: np.ndarray
    """(width,) float32."""
    scale: np.ndarray
    """(width,) float32; infinite for a feature that never moves, which becomes zero."""

    @classmethod
    def of(cls, features: np.ndarray) -> Standardisation:
        """Mean and scale of features (rows, width) of any float type, a chunk at a time."""
        mean, deviation, largest = moments(features)
        # A constant feature carries nothing: leave it at zero instead of dividing by its rounding noise.
        moves = deviation > MIN_RELATIVE_DEVIATION * (1 + largest)
        smallest = MIN_SCALE * np.sqrt(np.mean(np.square(deviation[moves]))) if moves.any() else 0.0
        scale = np.where(moves, np.maximum(deviation, smallest), np.inf)
        return cls(mean.astype(np.float32), scale.astype(np.float32))

    def apply(self, features: np.ndarray) -> np.ndarray:
        """A standardised float32 copy."""
        standardised = np.array(features, np.float32)
        standardised -= self.mean
        standardised /= self.scale
        return standardised

    def fold(self, weights: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The layer on raw features that equals (weights, bias) on standardised ones.

        (x − m) / s · W + b = x · (W / s) + (b − m · (W / s))
        """
        folded = weights / self.scale[:, None]
        return folded.astype(np.float32), (bias - self.mean @ folded).astype(np.float32)


def moments(features: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, standard deviation and largest absolute value of each feature, (width,) float64, in one pass.

    Two chunks of n and k rows, whose means differ by δ, have together (Chan, Golub & LeVeque 1979)

        mean     = mean_n + δ k / (n + k)
        squares  = squares_n + squares_k + δ² n k / (n + k)

    where squares are sums of squared deviations from the mean: nothing cancels, as it would in Σx² − (Σx)² / n.
    """
    width = features.shape[1]
    count, mean, squares, largest = 0, np.zeros(width), np.zeros(width), np.zeros(width)
    for rows in row_chunks(*features.shape):
        chunk = np.array(features[rows], np.float64)  # a copy: it is worked on in place
        delta = chunk.mean(0) - mean
        total = count + len(chunk)
        mean = mean + delta * (len(chunk) / total)
        largest = np.maximum(largest, np.abs(chunk).max(0))
        chunk -= chunk.mean(0)
        squares += np.einsum("nw,nw->w", chunk, chunk) + delta**2 * (count * len(chunk) / total)
        count = total
    return mean, np.sqrt(squares / max(1, count)), largest


def row_chunks(rows: int, width: int) -> Iterator[slice]:
    """Slices that cover the rows, each of at most CHUNK numbers."""
    step = max(1, CHUNK // max(1, width))
    return (slice(start, min(start + step, rows)) for start in range(0, rows, step))


class StandardisedFeatures:
    """Features, often memory maps, which are standardised as they are read.

    Several `parts`, each (rows, width of the part), stand side by side. Each counts by its weight, however wide it is:
    with weights w and widths d, part p is multiplied by √(w_p² / Σw² · Σd / d_p), so that the mean variance is 1.

    >>> part = np.array([[1.0, 5.0], [3.0, 7.0]])
    >>> features = StandardisedFeatures(part, part[:, :1], weights=(1.0, 0.5))
    >>> features.take(np.arange(2)).astype(float).round(2).tolist()
    [[-1.1, -1.1, -0.77], [1.1, 1.1, 0.77]]
    """

    def __init__(self, *parts: np.ndarray, weights: Sequence[float] = (1.0,)) -> None:
        self.parts = parts
        each = [Standardisation.of(part) for part in parts]
        widths = np.array([part.shape[1] for part in parts])
        self.width = int(widths.sum())
        shares = np.square(weights, dtype=np.float64)
        factors = np.sqrt(shares / shares.sum() * self.width / widths)
        scales = [part.scale / np.float32(factor) for part, factor in zip(each, factors, strict=True)]
        self.standardisation = Standardisation(np.concatenate([part.mean for part in each]), np.concatenate(scales))

    def take(self, rows: np.ndarray | slice) -> np.ndarray:
        """(rows, width) float32."""
        standardised = np.concatenate([part[rows] for part in self.parts], axis=1, dtype=np.float32)
        standardised -= self.standardisation.mean
        standardised /= self.standardisation.scale
        return standardised

    def chunks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """All rows a chunk at a time: which they are, and their features."""
        for rows in row_chunks(len(self.parts[0]), self.width):
            yield rows, self.take(rows)
