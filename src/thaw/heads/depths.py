"""Weights of depths whose pooled activations a head takes side by side (Evci 2022, "Head2Toe")."""

from __future__ import annotations

from collections.abc import Sequence

from ..records import FeatureDepth


def depth_weights(depths: int, decay: float) -> list[float]:
    """Weights of the topmost depths, from the input up: each is `decay` times the one above it. Zeros are left out.

    >>> depth_weights(3, 0.5), depth_weights(3, 0.0)
    ([0.25, 0.5, 1.0], [1.0])
    """
    return [decay ** (depths - 1 - place) for place in range(depths) if decay or place == depths - 1]


def feature_depths(depths: Sequence[int], decay: float) -> tuple[FeatureDepth, ...]:
    """The profiled depths, ascending, with their weights; empty where the head takes the last alone."""
    weights = depth_weights(len(depths), decay)
    weighted = zip(depths[len(depths) - len(weights) :], weights, strict=True)
    return tuple(FeatureDepth(depth=depth, weight=weight) for depth, weight in weighted) if len(weights) > 1 else ()
