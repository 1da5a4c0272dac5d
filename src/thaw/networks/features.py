"""Features of a frozen network, computed once and cached in the store."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import storage
from ..data.rows import Rows, batched
from ..progress import stage
from ..storage.store import Store
from .half_precision import convert_to_float16
from .protocol import Examples, Network

KIND = "features"
FILE = "features.npy"
WARM_UP_ROWS = 8


@dataclass(frozen=True)
class CachedFeatures:
    by_depth: dict[int, np.ndarray]
    """Pooled activations of each depth, (rows, width of the depth) float16 or float32, memory-mapped."""
    seconds_per_row: float
    """Time of the pass when it was made, without that of the first call's tracing."""
    device: str
    """The device of the pass."""


def cache_key(dataset: str, network: Network, rows: Rows, depth: int) -> str:
    """SHA-256 of all that the features depend on."""
    ids = hashlib.sha256()
    for batch in batched(rows.ids):
        ids.update("".join(batch).encode())
    settings = network.preprocessing.to_json(), network.compute_dtype
    parts = [dataset, network.fingerprint, *settings, ids.hexdigest(), depth]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def cached_features(
    store: Store,
    dataset: str,
    network: Network,
    rows: Rows,
    depths: Sequence[int],
    examples: Callable[[], Examples],
    scratch: Path,
) -> CachedFeatures:
    """The features of each depth, from the store or from one pass that fills it. `dataset` is the fingerprint."""
    keys = {depth: cache_key(dataset, network, rows, depth) for depth in depths}
    folders = {depth: store.fetch(KIND, key, scratch) for depth, key in keys.items()}
    missing = {depth: keys[depth] for depth, folder in folders.items() if folder is None}
    if missing:
        folders |= compute(store, network, missing, examples(), scratch)
    by_depth = {depth: np.load(folder / FILE, mmap_mode="r") for depth, folder in folders.items() if folder}
    manifests = [store.find(KIND, key) or {} for key in keys.values()]
    slowest = max(manifests, key=lambda manifest: manifest.get("seconds_per_row", 0.0))
    return CachedFeatures(by_depth, slowest.get("seconds_per_row", 0.0), slowest.get("device", network.device))


def compute(store: Store, network: Network, keys: dict[int, str], examples: Examples, scratch: Path) -> dict[int, Path]:
    """Run the pass and publish each depth under its key. Returns the folders of the depths."""
    folders = {depth: scratch / f"features-{key}" for depth, key in keys.items()}
    arrays, seconds = run_pass(network, examples, folders)
    manifest = {"rows": len(examples), "seconds_per_row": seconds / len(examples), "device": network.device}
    for depth in sorted(keys):
        array = arrays.pop(depth)
        array.flush()
        dtype = "float16" if convert_to_float16(array, folders[depth] / FILE) else "float32"
        about = manifest | {"depth": depth, "dtype": dtype}
        folders[depth] = publish(store, keys[depth], folders[depth], about)
    return folders


def run_pass(
    network: Network, examples: Examples, folders: dict[int, Path]
) -> tuple[dict[int, np.memmap[Any, Any]], float]:
    """Features of every depth as float32 files in its folder, and the seconds that the pass took."""
    arrays: dict[int, np.memmap[Any, Any]] = {}

    def allocate(depth: int, shape: tuple[int, int]) -> np.ndarray:
        folders[depth].mkdir(exist_ok=True)
        arrays[depth] = np.lib.format.open_memmap(folders[depth] / FILE, mode="w+", dtype=np.float32, shape=shape)
        return arrays[depth]

    depths = sorted(folders)
    # Tracing and the choice of kernels are not the pass's time.
    network.features(examples.take(np.arange(min(len(examples), WARM_UP_ROWS))), depths)
    started = time.monotonic()
    with stage("features", len(examples)) as progress:
        network.features(examples, depths, progress.advance, allocate)
    return arrays, time.monotonic() - started


def publish(store: Store, key: str, folder: Path, about: dict[str, Any]) -> Path:
    """Publish a folder, and return where it can be read: in a local store, not twice on one disk."""
    uri = store.publish(KIND, key, folder, about)
    if storage.is_remote(uri):
        return folder
    shutil.rmtree(folder)
    return Path(uri)
