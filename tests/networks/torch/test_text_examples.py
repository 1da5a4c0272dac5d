from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.networks import harness, tiny
from thaw.networks.loading import open_network

RAW, _ = tiny.texts(40)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tiny.text_folder(tmp_path_factory.mktemp("bert"), layers=1)
    return open_network("text", str(folder), folder, input_size=32)


class Repeated(Sequence):
    """Many rows that take no memory."""

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return self.rows

    def __getitem__(self, row: Any) -> Any:
        return RAW[row % len(RAW)]


def test_rows_are_encoded_as_the_tokenizer_does_and_padded(network: Any, tmp_path: Path) -> None:
    examples = network.encode(RAW, tmp_path)
    rows = np.array([7, 0, 31])
    ids, mask, hidden = examples.take(rows).padded(network.pad)
    assert hidden is None
    for row, found, real in zip(rows, ids, mask, strict=True):
        expected = network.tokenizer(RAW[row])["input_ids"]
        assert found[: len(expected)].tolist() == expected
        assert real.tolist() == [True] * len(expected) + [False] * (len(found) - len(expected))
        assert (found[len(expected) :] == network.pad).all()


def test_batches_hold_every_row_once_and_no_more_tokens_than_asked_for(network: Any, tmp_path: Path) -> None:
    examples = network.encode(Repeated(500), tmp_path)
    batches = list(examples.batches(200))
    assert sorted(np.concatenate(batches)) == list(range(500))
    assert all(examples.take(rows).padded(0)[0].size <= 200 for rows in batches)


def test_features_are_written_where_they_are_allocated(network: Any, tmp_path: Path) -> None:
    examples = network.encode(RAW, tmp_path)
    allocated: dict[int, np.ndarray] = {}

    def allocate(depth: int, shape: tuple[int, int]) -> np.ndarray:
        allocated[depth] = np.full(shape, np.nan, np.float16)
        return allocated[depth]

    found = network.features(examples, [1, 2], allocate=allocate)
    expected = network.features(examples, [1, 2])
    assert all(found[depth] is allocated[depth] for depth in (1, 2))
    for depth in (1, 2):
        np.testing.assert_array_equal(allocated[depth], expected[depth].astype(np.float16))


def test_activations_of_some_rows_in_any_order(network: Any, tmp_path: Path) -> None:
    examples = network.encode(RAW, tmp_path)
    harness.headed(network, examples)
    rows = np.array([30, 2, 17])
    kept = network.activations(examples.take(rows), 1, tmp_path)
    assert kept.hidden.nbytes == network.activation_bytes(examples.take(rows), 1)
    np.testing.assert_allclose(network.logits(kept), network.logits(examples.take(rows)), atol=0.02)
    np.testing.assert_allclose(network.logits(kept.take(np.array([1]))), network.logits(examples)[[2]], atol=0.02)


def peak_bytes(network: Any, rows: int, folder: Path) -> int:
    folder.mkdir()
    tracemalloc.start()
    examples = network.encode(Repeated(rows), folder)
    kept = network.activations(examples, 1, folder)

    def allocate(depth: int, shape: tuple[int, int]) -> np.ndarray:
        return np.memmap(folder / "features", np.float32, "w+", shape=shape)

    network.features(kept, [2], allocate=allocate)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_a_row_takes_a_few_bytes_of_memory(network: Any, tmp_path: Path) -> None:
    few, many = (peak_bytes(network, rows, tmp_path / str(rows)) for rows in (3_000, 23_000))
    mapped = 20_000 * (network.encoder.config.hidden_size * 4 + 24 * network.encoder.config.hidden_size * 2)
    assert (many - few) / 20_000 < 100
    assert (many - few) < mapped / 10
