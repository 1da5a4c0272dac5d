"""Features with mean 0 and standard deviation 1, read in chunks; undone by folding it into a layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

MIN_SCALE = 0.3
"""Of a feature, in root mean squares of the deviations of all. One that hardly moves in the sample is not blown up, or
a row that does move it is called with absurd confidence (the constant beside the deviation in Tusher 2001, Tibshirani
2002). On digits, two fifths of EfficientNet's last features are such."""


@dataclass(frozen=True)
class Standardisation:
    """Standardisation of features, undone by folding it into the first layer."""

    mean: np.ndarray
    scale: np.ndarray

    @classmethod
    def of(cls, features: np.ndarray) -> Standardisation:
        """Of features (rows, width) of any float type, a chunk at a time (Chan 1979)."""
        width = features.shape[1]
        count, mean, squares, most = 0, np.zeros(width), np.zeros(width), np.zeros(width)
        for rows in row_chunks(*features.shape):
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
        least = MIN_SCALE * np.sqrt(np.mean(np.square(deviation[moves]))) if moves.any() else 0.0
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


def row_chunks(rows: int, width: int) -> Iterator[slice]:
    step = max(1, CHUNK // max(1, width))
    return (slice(start, min(start + step, rows)) for start in range(0, rows, step))


class StandardisedFeatures:
    """Features, often memory maps, which are standardised as they are read.

    Several `parts`, each (rows, width of the part), stand side by side, and each counts by its weight, however wide it
    is. All features together have a mean variance of 1.

    >>> part = np.array([[1.0, 5.0], [3.0, 7.0]])
    >>> StandardisedFeatures(part, part[:, :1], weights=(1.0, 0.5)).take(np.arange(2)).astype(float).round(2).tolist()
    [[-1.1, -1.1, -0.77], [1.1, 1.1, 0.77]]
    """

    def __init__(self, *parts: np.ndarray, weights: Sequence[float] = (1.0,)) -> None:
        self.parts = parts
        scalings = [Standardisation.of(part) for part in parts]
        widths = np.array([part.shape[1] for part in parts])
        self.width = int(widths.sum())
        shares = np.square(weights, dtype=np.float64)
        factors = np.sqrt(shares / shares.sum() * self.width / widths)
        self.standardisation = Standardisation(
            np.concatenate([scaling.mean for scaling in scalings]),
            np.concatenate([scaling.scale / np.float32(f) for scaling, f in zip(scalings, factors, strict=True)]),
        )

    def take(self, rows: np.ndarray | slice) -> np.ndarray:
        """(rows, width) float32."""
        scaled = np.concatenate([part[rows] for part in self.parts], axis=1, dtype=np.float32)
        scaled -= self.standardisation.mean
        scaled /= self.standardisation.scale
        return scaled

    def chunks(self) -> Iterator[tuple[slice, np.ndarray]]:
        for rows in row_chunks(len(self.parts[0]), self.width):
            yield rows, self.take(rows)
