from __future__ import annotations

import hashlib

import pyarrow as pa
import pytest

from thaw.steps.ingest import hashing
from thaw.steps.ingest.digests import position


@pytest.mark.parametrize("min_rows", [1, 100])
def test_processes_and_threads_hash_alike(min_rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "MIN_ROWS", min_rows)
    texts = ["", "ü", *map(str, range(20))]
    with hashing.hasher() as hasher:
        futures = [hasher.submit(pa.array(texts)[start:]) for start in range(5)]
        for start, future in enumerate(futures):
            ids, positions = future.result()
            digests = [hashlib.sha256(text.encode()).digest() for text in texts[start:]]
            assert ids.tobytes() == b"".join(digests)
            assert positions.tolist() == [position(digest) for digest in digests]
    assert bool(hasher.processes) == (min_rows == 1)
    assert all(process.returncode == 0 for process in hasher.processes)
