"""What a head reads of a network: the pooled activations of several depths side by side (Evci 2022, "Head2Toe")."""

from __future__ import annotations

from collections.abc import Sequence

from ..records import FeatureDepth


def depth_weights(depths: int, decay: float) -> list[float]:
    """Of the topmost depths, from the input up: each weighs `decay` times the one above it. Those of weight 0 are left
    out.

    >>> depth_weights(3, 0.5), depth_weights(3, 0.0)
    ([0.25, 0.5, 1.0], [1.0])
    """
    return [decay ** (depths - 1 - place) for place in range(depths) if decay or place == depths - 1]


def feature_depths(depths: Sequence[int], decay: float) -> tuple[FeatureDepth, ...]:
    """Of the profiled depths, ascending; none where the last alone is read."""
    weights = depth_weights(len(depths), decay)
    read = zip(depths[len(depths) - len(weights) :], weights, strict=True)
    return tuple(FeatureDepth(depth=depth, weight=weight) for depth, weight in read) if len(weights) > 1 else ()
