"""Features of a frozen network, computed once and kept in the store."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import storage
from ..data.rows import Rows, batched
from ..heads.standardisation import Standardisation, row_chunks
from ..progress import stage
from ..storage.store import Store
from .protocol import Examples, Network

KIND = "features"
FILE = "features.npy"

ROUNDING = 0.01
"""Of a feature's standard deviation that rounding to float16 may cost."""


@dataclass(frozen=True)
class CachedFeatures:
    by_depth: dict[int, np.ndarray]
    """Depth to pooled activations, (rows, width of the depth) float16 or float32, memory-mapped."""
    seconds_per_row: float
    """Of the pass when it was made, the first call's tracing apart."""
    device: str
    """That the pass was made on."""


def cache_key(dataset: str, network: Network, rows: Rows, depth: int) -> str:
    """SHA-256 over all that the features depend on."""
    ids = hashlib.sha256()
    for batch in batched(rows.ids):
        ids.update("".join(batch).encode())
    parts = [
        dataset,
        network.fingerprint,
        network.preprocessing.to_json(),
        network.compute_dtype,
        ids.hexdigest(),
        depth,
    ]
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
    missing = [depth for depth, folder in folders.items() if folder is None]
    if missing:
        folders |= compute(store, network, {depth: keys[depth] for depth in missing}, examples(), scratch)
    by_depth = {depth: np.load(folder / FILE, mmap_mode="r") for depth, folder in folders.items() if folder}
    manifests = [store.find(KIND, key) or {} for key in keys.values()]
    slowest = max(manifests, key=lambda manifest: manifest.get("seconds_per_row", 0.0))
    return CachedFeatures(by_depth, slowest.get("seconds_per_row", 0.0), slowest.get("device", network.device))


def compute(store: Store, network: Network, keys: dict[int, str], examples: Examples, scratch: Path) -> dict[int, Path]:
    """Run the pass, publish each depth under its key, and say where it lies."""
    folders = {depth: scratch / f"features-{key}" for depth, key in keys.items()}
    written: dict[int, np.memmap] = {}

    def allocate(depth: int, shape: tuple[int, int]) -> np.ndarray:
        folders[depth].mkdir(exist_ok=True)
        path = folders[depth] / FILE
        written[depth] = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
        return written[depth]

    depths = sorted(keys)
    network.features(examples.take(np.arange(min(len(examples), 8))), depths)  # tracing, kernels: not the pass's time
    started = time.monotonic()
    with stage("features", len(examples)) as progress:
        network.features(examples, depths, progress.advance, allocate)
    seconds = (time.monotonic() - started) / len(examples)
    manifest = {"rows": len(examples), "seconds_per_row": seconds, "device": network.device}
    for depth in depths:
        array = written.pop(depth)
        array.flush()
        dtype = "float16" if converted_to_float16(array, folders[depth]) else "float32"
        about = manifest | {"depth": depth, "dtype": dtype}
        kept = store.publish(KIND, keys[depth], folders[depth], about)
        if not storage.is_remote(kept):
            shutil.rmtree(folders[depth])
            folders[depth] = Path(kept)
    return folders


def converted_to_float16(array: np.ndarray, folder: Path) -> bool:
    """Whether float16 costs nothing, and the file in `folder` is that now.

    Heads and probes see features standardised, so a rounding error counts against the feature's own standard deviation:
    where its root mean square is below ROUNDING of that for every feature, it adds noise of less than ROUNDING squared
    of any feature's variance. Large numbers that hardly move, and such beyond float16's range, stay in float32.
    """
    scaling, squares, path = Standardisation.of(array), np.zeros(array.shape[1]), folder / f"half-{FILE}"
    # A feature that never moves must not begin to by being rounded: standardisation would blow it up.
    still = np.isinf(scaling.scale)
    half = np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=array.shape)
    for rows in row_chunks(*array.shape):
        chunk = np.where(still, scaling.mean, array[rows])
        with np.errstate(over="ignore"):
            half[rows] = chunk
        squares += np.square(half[rows] - chunk, dtype=np.float64).sum(0)
    half.flush()
    error = np.sqrt(squares / max(1, len(array)))
    if not np.all(np.where(still, np.isfinite(error), error <= ROUNDING * scaling.scale)):
        path.unlink()
        return False
    os.replace(path, folder / FILE)
    return True
