from __future__ import annotations

import hashlib
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.networks import tiny
from thaw import storage
from thaw.data.rows import Column, Rows
from thaw.networks import loading
from thaw.networks.features import KIND, cache_key, cached_features
from thaw.storage.store import Store


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tiny.text_folder(tmp_path_factory.mktemp("bert"))
    return loading.open_network("text", str(folder), tmp_path_factory.mktemp("scratch"), extent=16.0)


@pytest.fixture(scope="module")
def rows() -> Rows:
    texts, labels = tiny.texts(24)
    return Rows([hashlib.sha256(t.encode()).hexdigest() for t in texts], np.array(labels), texts, [""] * len(texts))


class Passes:
    """A network that counts the passes over more than a few rows."""

    def __init__(self, network: Any) -> None:
        self.network, self.count = network, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.network, name)

    def features(self, examples: Any, *rest: Any) -> Any:
        self.count += len(examples) > 8
        return self.network.features(examples, *rest)


def test_one_pass_fills_the_store_for_all_depths(network: Any, rows: Rows, place: str, tmp_path: Path) -> None:
    counting, store = Passes(network), Store(place)
    examples = network.encode(rows.raw, tmp_path)
    depths = [1, len(network.blocks)]
    kept = []
    for attempt in ("first", "second"):
        (tmp_path / attempt).mkdir()
        kept.append(cached_features(store, "data", counting, rows, depths, lambda: examples, tmp_path / attempt))
    assert counting.count == 1
    direct = network.features(examples, depths)
    for depth in depths:
        first, second = kept[0].by_depth[depth], kept[1].by_depth[depth]
        assert isinstance(first, np.memmap)
        assert first.dtype == second.dtype
        assert np.array_equal(first, second)
        assert np.abs(first - direct[depth]).max() < 0.01 * direct[depth].std(0).max()
        manifest = store.find(KIND, cache_key("data", network, rows, depth))
        assert manifest is not None
        assert manifest["dtype"] == str(first.dtype)
        assert manifest["rows"] == len(rows)
    assert kept[0].seconds_per_row == kept[1].seconds_per_row > 0
    if not storage.is_remote(place):
        assert not list((tmp_path / "first").iterdir()), "a local store is read in place"


def test_the_key_is_of_the_ids_in_their_order() -> None:
    ids = [f"{n:064x}" for n in range(25_000)]
    network: Any = SimpleNamespace(
        fingerprint="n", compute_dtype="float32", preprocessing=SimpleNamespace(to_json=lambda: "{}")
    )
    labels, blank = np.zeros(len(ids), int), [""] * len(ids)
    table = pa.chunked_array([ids[:17_000], ids[17_000:]])
    parts = ["d", "n", "{}", "float32", hashlib.sha256("".join(ids).encode()).hexdigest(), 3]
    expected = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    order = np.arange(len(ids))
    for column in (ids, Column(table), Column(table, order)):
        assert cache_key("d", network, Rows(column, labels, blank, blank), 3) == expected
    turned = Rows(Column(table, order[::-1]), labels, blank, blank)
    assert cache_key("d", network, turned, 3) != expected
