"""Features of a frozen network, computed once and kept in the store."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .dataset import Rows
from .networks.contract import Examples, Network
from .progress import stage
from .store import Store

KIND = "features"


@dataclass(frozen=True)
class Kept:
    of: dict[int, np.ndarray]
    """Depth to pooled activations, (rows, width of the depth) float32, memory-mapped."""
    seconds_per_row: float
    """Of the pass when it was made, the first call's tracing apart."""
    device: str
    """That the pass was made on."""


def key_of(dataset: str, network: Network, rows: Rows, depth: int) -> str:
    """SHA-256 over all that the features depend on."""
    ids = hashlib.sha256("".join(rows.ids).encode()).hexdigest()
    parts = [dataset, network.fingerprint, network.preprocessing.to_json(), network.number_type, ids, depth]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def kept_features(
    store: Store,
    dataset: str,
    network: Network,
    rows: Rows,
    depths: Sequence[int],
    examples: Callable[[], Examples],
    scratch: Path,
) -> Kept:
    """The features of each depth, from the store or from one pass that fills it. `dataset` is the fingerprint."""
    keys = {depth: key_of(dataset, network, rows, depth) for depth in depths}
    folders = {depth: store.fetch(KIND, key, scratch) for depth, key in keys.items()}
    missing = [depth for depth, folder in folders.items() if folder is None]
    if missing:
        folders |= compute(store, network, {depth: keys[depth] for depth in missing}, examples(), scratch)
    of = {depth: np.load(folder / "features.npy", mmap_mode="r") for depth, folder in folders.items() if folder}
    manifests = [store.find(KIND, key) or {} for key in keys.values()]
    slowest = max(manifests, key=lambda manifest: manifest.get("seconds_per_row", 0.0))
    return Kept(of, slowest.get("seconds_per_row", 0.0), slowest.get("device", network.device))


def compute(store: Store, network: Network, keys: dict[int, str], examples: Examples, scratch: Path) -> dict[int, Path]:
    """Run the pass, publish each depth under its key, and say where it lies."""
    depths = sorted(keys)
    network.features(examples.take(np.arange(min(len(examples), 8))), depths)  # tracing, kernels: not the pass's time
    started = time.monotonic()
    with stage("features", len(examples)) as progress:
        features = network.features(examples, depths, progress.advance)
    seconds = (time.monotonic() - started) / len(examples)
    folders = {}
    for depth, array in features.items():
        folders[depth] = scratch / f"features-{keys[depth]}"
        folders[depth].mkdir(exist_ok=True)
        np.save(folders[depth] / "features.npy", array)
        manifest = {"depth": depth, "rows": len(array), "seconds_per_row": seconds, "device": network.device}
        store.publish(KIND, keys[depth], folders[depth], manifest)
    return folders
