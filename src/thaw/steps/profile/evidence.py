"""Evidence of a profile: what probes score on every depth, on depths together, and on the input itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...data.rows import Rows, first_occurrences
from ...heads.folds import row_weights
from ...heads.ridge import Probe
from ...networks.features import CachedFeatures
from ...networks.protocol import Network
from ...records import CurvePoint, DepthProbe, Metric, Readout
from ...training.recipes.frozen import class_weights
from . import input_features, probes

DIRECTIONS = 32
"""Random directions that the moments are taken along."""


@dataclass(frozen=True)
class Evidence:
    """What probes found on the sampled rows that are no copies of others."""

    fields: dict[str, Any]
    """Those of a `Profile` that come from probes."""
    rows: np.ndarray
    """Places of these rows in the sample, (rows,) int."""
    features: np.ndarray
    """What the best readout reads, standardised, (rows, width)."""
    predictions: np.ndarray
    """Held-out predictions of its probe, (rows, classes)."""
    inputs: np.ndarray
    """Features of the input itself, (rows, width)."""


def gather(
    cached: CachedFeatures,
    sample: Rows,
    network: Network,
    metric: Metric,
    counts: np.ndarray,
    advance: Callable[[int], None],
) -> Evidence:
    """Evidence of all probes."""
    first = first_occurrences(sample.ids)  # a copy in the sample would give leave-one-out the answer
    labels = sample.labels[first]
    weights = row_weights(labels, class_weights(counts) if metric == "balanced_accuracy" else ())
    target = probes.Target(labels, len(counts), weights, metric, advance)
    features = {depth: np.asarray(cached.by_depth[depth][first], np.float32) for depth in sorted(cached.by_depth)}
    by_depth = {depth: target.probe(probes.readout_features([at], 0.0)) for depth, at in features.items()}
    by_decay = {0.0: by_depth[max(by_depth)]} | readout_probes(target, list(features.values()), decays(network))
    decay = min(by_decay, key=lambda each: (by_decay[each].squared_error, each))
    best, read = by_decay[decay], probes.readout_features(list(features.values()), decay)
    inputs = input_features.features(network.preprocessing.modality, sample.take(first).raw)
    fields = {
        "depths": tuple(depth_probe(depth, network, target, features[depth], by_depth[depth]) for depth in features),
        "readouts": tuple(readout(decay, target, probe) for decay, probe in by_decay.items()),
        "input_baseline": target.probe(inputs).score,
        "curve": tuple(CurvePoint(rows=rows, score=score) for rows, score in target.curve(read, best.l2)),
        "label_noise": probes.label_noise(best.predictions, labels),
    }
    return Evidence(fields, first, read, best.predictions, inputs)


def readout_probes(
    target: probes.Target, features: Sequence[np.ndarray], decays: Sequence[float]
) -> dict[float, Probe]:
    """Probes of the depths side by side, by the decay of their weights."""
    return {decay: target.probe(probes.readout_features(features, decay)) for decay in decays}


def depth_probe(depth: int, network: Network, target: probes.Target, features: np.ndarray, probe: Probe) -> DepthProbe:
    """The record of a probe of one depth; features (rows, width)."""
    return DepthProbe(
        depth=depth,
        block=network.blocks[depth - 1].name,
        width=features.shape[1],
        ridge=probe.score,
        ridge_error=target.error(probe),
        knn=target.knn(features),
    )


def readout(decay: float, target: probes.Target, probe: Probe) -> Readout:
    """The record of a probe of depths side by side."""
    return Readout(decay=decay, ridge=probe.score, ridge_error=target.error(probe), squared_error=probe.squared_error)


def decays(network: Network) -> tuple[float, ...]:
    """Decays of the readouts beside the last depth alone."""
    return probes.DECAYS if network.supports_feature_depths and len(network.blocks) > 1 else ()


def moments(features: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of features (rows, width) along DIRECTIONS random directions.

    The directions are the same for every dataset and keep distances (Johnson & Lindenstrauss 1984).
    """
    width = features.shape[1]
    directions = np.random.default_rng(width).normal(0, 1 / np.sqrt(DIRECTIONS), (width, DIRECTIONS))
    projected = features.astype(np.float64) @ directions
    return tuple(projected.mean(0).tolist()), tuple(projected.std(0).tolist())
