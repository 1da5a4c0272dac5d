"""Measure a dataset, and in one pass over a sample what each depth of a pretrained network already knows of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ...data.rows import Rows, first_occurrences
from ...data.shards import read_rows
from ...heads.fit import one_thread
from ...heads.folds import row_weights
from ...metrics import scores
from ...networks import loading
from ...networks.features import CachedFeatures, cached_features
from ...networks.protocol import Examples, Network
from ...progress import stage
from ...records import BlockInfo, CurvePoint, Dataset, DepthProbe, Metric, NetworkInfo, Profile, Quantiles, Readout
from ...storage.store import Store
from ...training.recipes.frozen import class_weights
from . import probes
from . import raw as inputs

SAMPLE = 2000
DIRECTIONS = 32
DEPTHS = 6
"""Depths probed at most, the last among them."""


def run(dataset: Dataset, model: str, store: str, scratch: Path) -> Profile:
    """Profile the rows that may be trained on; the test split is not read."""
    started = time.monotonic()
    everything = read_rows(dataset, ("train", "validation"), scratch)
    sample = everything.take(stratified(everything.labels, SAMPLE))
    with stage("sizes"):
        sizes = loading.extents(dataset.modality, model, sample.raw, scratch)
    extent = np.median(sizes) if dataset.modality == "image" else np.quantile(sizes, 0.98)
    network = loading.open_network(dataset.modality, model, scratch, extent=float(extent))
    counts = np.bincount(everything.labels, minlength=len(dataset.classes))
    metric = scores.metric_for(counts)
    depths = spaced(len(network.blocks))
    kept = cached_features(
        Store(store), dataset.fingerprint, network, sample, depths, encoding(network, sample, scratch), scratch
    )
    with stage("probes", len(depths) + len(decays(network)) + 1) as progress, one_thread():
        evidence = gather(kept, sample, network, metric, counts, progress.advance)
    return Profile(
        dataset=dataset.fingerprint,
        modality=dataset.modality,
        network=describe(network),
        metric=metric,
        rows={split: dataset.rows(split) for split in dataset.counts},
        classes=len(dataset.classes),
        rows_per_class=quantiles(counts),
        imbalance=float(counts.max() / max(1, counts.min())),
        majority=float(counts.max() / counts.sum()),
        class_rows=tuple(counts.tolist()),
        duplicates=dataset.duplicates / max(1, sum(dataset.rows(split) for split in dataset.counts)),
        leaked=dataset.leaked,
        rejected=dataset.rejected,
        extent=quantiles(sizes),
        extent_unit="pixels" if dataset.modality == "image" else "tokens",
        sample_rows=len(sample),
        **evidence,
        moments=moments(kept.by_depth[depths[-1]]),
        forward_seconds_per_row=kept.seconds_per_row,
        mean_length=float(np.minimum(1, sizes / network.input_size).mean()) if dataset.modality == "text" else 1.0,
        device=kept.device,
        seconds=time.monotonic() - started,
    )


def encoding(network: Network, sample: Rows, scratch: Path) -> Callable[[], Examples]:
    def encode() -> Examples:
        with stage("reading", len(sample)) as progress:
            return network.encode(sample.raw, scratch, progress.advance)

    return encode


def gather(
    kept: CachedFeatures,
    sample: Rows,
    network: Network,
    metric: Metric,
    counts: np.ndarray,
    advance: Callable[[int], None],
) -> dict[str, Any]:
    """The fields of a `Profile` that come from probes: of every depth, of depths together, of the input itself."""
    first = first_occurrences(sample.ids)  # a copy in the sample would give leave-one-out the answer
    labels = sample.labels[first]
    weights = row_weights(labels, class_weights(counts) if metric == "balanced_accuracy" else ())
    target = probes.Target(labels, len(counts), weights, metric, advance)
    features = [np.asarray(kept.by_depth[depth][first], np.float32) for depth in sorted(kept.by_depth)]
    alone = [target.probe(probes.side_by_side([at], 0.0)) for at in features]
    together = {decay: target.probe(probes.side_by_side(features, decay)) for decay in decays(network)}
    readouts = {0.0: alone[-1], **together}
    decay = min(readouts, key=lambda each: (readouts[each].squared_error, each))
    best, read = readouts[decay], probes.side_by_side(features, decay)
    raw = target.probe(inputs.features(network.preprocessing.modality, sample.take(first).raw))
    return {
        "depths": tuple(
            DepthProbe(
                depth=depth,
                block=network.blocks[depth - 1].name,
                width=at.shape[1],
                ridge=probe.score,
                ridge_error=target.error(probe),
                knn=target.knn(at),
            )
            for depth, at, probe in zip(sorted(kept.by_depth), features, alone, strict=True)
        ),
        "readouts": tuple(
            Readout(decay=decay, ridge=probe.score, ridge_error=target.error(probe), squared_error=probe.squared_error)
            for decay, probe in readouts.items()
        ),
        "input_baseline": raw.score,
        "curve": tuple(CurvePoint(rows=rows, score=score) for rows, score in target.curve(read, best.l2)),
        "label_noise": probes.label_noise(best.predictions, labels),
    }


def decays(network: Network) -> tuple[float, ...]:
    """Of the readouts beside the last depth alone."""
    return probes.DECAYS if network.supports_feature_depths and len(network.blocks) > 1 else ()


def moments(features: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and deviation of features (rows, width) along DIRECTIONS random directions, the same for every dataset: they
    keep distances (Johnson & Lindenstrauss 1984)."""
    width = features.shape[1]
    directions = np.random.default_rng(width).normal(0, 1 / np.sqrt(DIRECTIONS), (width, DIRECTIONS))
    projected = features.astype(np.float64) @ directions
    return tuple(projected.mean(0).tolist()), tuple(projected.std(0).tolist())


def stratified(labels: np.ndarray, most: int) -> np.ndarray:
    """At most `most` rows, each class in proportion but never below 2 while it has them, as sorted indices."""
    if len(labels) <= most:
        return np.arange(len(labels))
    share = most / len(labels)
    random = np.random.default_rng(0)
    chosen = []
    for label in np.unique(labels):
        rows = random.permutation(np.flatnonzero(labels == label))
        chosen.append(rows[: max(2, int(share * len(rows)))])
    return np.sort(np.concatenate(chosen))


def spaced(blocks: int) -> list[int]:
    """
    >>> spaced(7), spaced(3)
    ([2, 3, 4, 5, 6, 7], [1, 2, 3])
    """
    count = min(DEPTHS, blocks)
    return [-(-blocks * k // count) for k in range(1, count + 1)]


def describe(network: Network) -> NetworkInfo:
    return NetworkInfo(
        reference=network.reference,
        fingerprint=network.fingerprint,
        blocks=tuple(BlockInfo(name=block.name, parameters=block.parameters) for block in network.blocks),
        supports_lora=network.supports_lora,
        input_size=network.input_size,
    )


def quantiles(numbers: np.ndarray) -> Quantiles:
    low, q25, median, q75, q98, high = np.quantile(numbers, [0, 0.25, 0.5, 0.75, 0.98, 1]).tolist()
    return Quantiles(low=low, q25=q25, median=median, q75=q75, q98=q98, high=high)
