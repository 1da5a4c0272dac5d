"""Profile: a dataset measured, and in one pass over a sample what each depth of a pretrained network knows of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from ...data.shards import read_rows
from ...heads.fit import limit_threads
from ...metrics import scores
from ...networks import loading
from ...networks.features import cached_features
from ...networks.protocol import Network
from ...progress import stage
from ...records import BlockInfo, Dataset, NetworkInfo, Profile, Quantiles
from ...report.feature_map import MapRow
from ...storage.store import Store
from .encoding import encoder
from .evidence import decays, gather, moments
from .findings import findings, outliers, suspect_labels, table, thumbnails, unfit_rows
from .geometry import gram, plane
from .map_rows import map_rows
from .sample import spaced_depths, stratified
from .tested import compare


@dataclass(frozen=True)
class Inspection:
    """A profile, and what of it is no record: rows to look at, and pictures of them."""

    profile: Profile
    suspects: pa.Table
    """See `findings.table`."""
    thumbnails: dict[str, str]
    """`data:` URIs of the suspects that the profile names, by content hash; empty for texts."""
    map_rows: tuple[MapRow, ...]


def run(dataset: Dataset, model: str, store: str, scratch: Path) -> Profile:
    """The profile of the rows that may be trained on; of those that are tested no label is read."""
    return inspect(dataset, model, store, scratch).profile


def inspect(dataset: Dataset, model: str, store: str, scratch: Path) -> Inspection:
    """Profile the rows that may be trained on, and find those that are wrong."""
    started = time.monotonic()
    everything = read_rows(dataset, ("train", "validation"), scratch)
    sample = everything.take(stratified(everything.labels))
    with stage("sizes"):
        sizes = loading.extents(dataset.modality, model, sample.raw, scratch)
    extent = np.median(sizes) if dataset.modality == "image" else np.quantile(sizes, 0.98)
    network = loading.open_network(dataset.modality, model, scratch, extent=float(extent))
    counts = np.bincount(everything.labels, minlength=len(dataset.classes))
    metric = scores.metric_for(counts)
    depths = spaced_depths(len(network.blocks))
    cached = cached_features(
        Store(store), dataset.fingerprint, network, sample, depths, encoder(network, sample, scratch), scratch
    )
    with stage("probes", len(depths) + len(decays(network)) + 1) as progress, limit_threads():
        evidence = gather(cached, sample, network, metric, counts, progress.advance)
        products = gram(evidence.features)
        unlike, places = outliers(products), plane(products)
    first, doubted = sample.take(evidence.rows), suspect_labels(evidence.predictions, sample.labels[evidence.rows])
    unfit = unfit_rows(dataset, sizes, network.input_size)
    found = findings(first, dataset, evidence.predictions, doubted, unlike, unfit)
    last = cached.by_depth[depths[-1]]
    with limit_threads():
        shift = compare(
            dataset, network, Store(store), scratch, first, counts, np.asarray(last[evidence.rows]), evidence.inputs
        )
    profile = Profile(
        dataset=dataset.fingerprint,
        modality=dataset.modality,
        network=network_info(network),
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
        **evidence.fields,
        moments=moments(last),
        forward_seconds_per_row=cached.seconds_per_row,
        mean_length=float(np.minimum(1, sizes / network.input_size).mean()) if dataset.modality == "text" else 1.0,
        device=cached.device,
        findings=found,
        shift=shift,
        seconds=time.monotonic() - started,
    )
    return Inspection(
        profile,
        table(first, dataset.classes, doubted, unlike),
        thumbnails(first, dataset, found),
        map_rows(first, dataset, found, places, evidence.inputs),
    )


def network_info(network: Network) -> NetworkInfo:
    """The record of a network."""
    return NetworkInfo(
        reference=network.reference,
        fingerprint=network.fingerprint,
        blocks=tuple(BlockInfo(name=block.name, parameters=block.parameters) for block in network.blocks),
        supports_lora=network.supports_lora,
        input_size=network.input_size,
    )


def quantiles(numbers: np.ndarray) -> Quantiles:
    """The record of numbers (rows,)."""
    low, q25, median, q75, q98, high = np.quantile(numbers, [0, 0.25, 0.5, 0.75, 0.98, 1]).tolist()
    return Quantiles(low=low, q25=q25, median=median, q75=q75, q98=q98, high=high)
