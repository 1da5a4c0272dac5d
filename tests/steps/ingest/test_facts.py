from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thaw.records import SPLITS
from thaw.steps.ingest import facts
from thaw.steps.ingest.facts import class_counts, fingerprint_of, hex_strings, leaked_rows

NAMES = ["b", "é", "10"]


@given(st.lists(st.tuples(st.binary(min_size=32, max_size=32), st.integers(0, 2), st.integers(0, 2)), max_size=7))
def test_the_fingerprint_is_that_of_the_lines(rows: list[tuple[bytes, int, int]]) -> None:
    table = pa.table(
        {
            "id": pa.array([content.hex() for content, _, _ in rows], pa.string()),
            "label": pa.array([label for _, label, _ in rows], pa.int32()),
            "split": pa.array([SPLITS[split] for _, _, split in rows], pa.string()),
        }
    )
    lines = "".join(f"{content.hex()}\0{NAMES[label]}\0{SPLITS[split]}\n" for content, label, split in rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(facts, "LINES", 3)
        found = fingerprint_of(lambda part: table[part.start : part.stop], len(rows), NAMES)
    assert found == hashlib.sha256(lines.encode()).hexdigest()


def test_groups_and_weights_change_the_fingerprint() -> None:
    table = pa.table({"id": ["aa"], "label": pa.array([0], pa.int32()), "split": ["train"]})
    tables = [table, table.append_column("group", pa.array(["g"])), table.append_column("weight", pa.array([2.0]))]
    assert len({fingerprint_of(each.__getitem__, 1, NAMES) for each in tables}) == 3


def test_hashes_as_text() -> None:
    digests = [hashlib.sha256(text).digest() for text in (b"a", b"b")]
    ids = np.frombuffer(b"".join(digests), ">u8").reshape(-1, 4)
    assert hex_strings(ids).to_pylist() == [digest.hex() for digest in digests]
    assert hex_strings(ids[::-1]).to_pylist() == [digest.hex() for digest in digests[::-1]]


def test_counts_and_leaks() -> None:
    labels, splits, contents = np.array([0, 1, 1, 1]), np.array([0, 0, 2, 2]), np.array([7, 8, 8, 9])
    assert class_counts(labels, splits, 3) == {"train": (1, 1, 0), "validation": (0, 0, 0), "test": (0, 2, 0)}
    assert leaked_rows(contents, splits) == 1
