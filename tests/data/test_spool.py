from __future__ import annotations

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thaw.data import spool as module
from thaw.data.spool import Spool

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)


@given(
    st.lists(st.lists(texts, max_size=5), max_size=4), st.randoms(), st.sampled_from([pa.string(), pa.large_string()])
)
def test_what_was_appended_is_taken_in_any_order(parts: list[list[str]], random: Random, kind: pa.DataType) -> None:
    with TemporaryDirectory() as folder:
        spool = Spool(Path(folder, "spool"))
        for part in parts:
            spool.append(pa.array(["left out", *part], kind)[1:])
        column, values = spool.seal(), [text for part in parts for text in part]
        rows = list(range(len(values)))
        random.shuffle(rows)
        assert column.strings(np.array(rows, int)).to_pylist() == [values[row] for row in rows]
        assert [column[row].decode() for row in range(len(column))] == values
        assert column.lengths.tolist() == [len(value.encode()) for value in values]


def test_pages_are_handed_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RESIDENT_BYTES", 100)
    spool = Spool(tmp_path / "spool")
    spool.append(pa.array([bytes([n]) * 60 for n in range(9)]))
    column = spool.seal()
    for _ in range(2):
        assert column.take(np.arange(9)).to_pylist() == [bytes([n]) * 60 for n in range(9)]
