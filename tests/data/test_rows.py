from __future__ import annotations

from unittest import mock

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from thaw.data import rows


@given(st.lists(st.lists(st.text(max_size=3), max_size=6), min_size=1, max_size=4), st.data())
def test_a_column_is_its_list(chunks: list[list[str]], data: st.DataObject) -> None:
    values = [value for chunk in chunks for value in chunk]
    whole = rows.Column(pa.chunked_array(chunks, pa.string()))
    chosen = data.draw(st.lists(st.integers(0, len(values) - 1), max_size=8)) if values else []
    for column, expected in ((whole, values), (whole.take(np.array(chosen, int)), [values[row] for row in chosen])):
        assert list(column) == expected
        assert len(column) == len(expected)
        assert [column[k] for k in range(-len(expected), 0)] == expected
        assert list(column[1:5:2]) == expected[1:5:2]
        with mock.patch.object(rows, "BATCH", 2):
            batches = list(rows.batched(column))
            assert [value for batch in batches for value in batch] == expected
            assert all(0 < len(batch) <= 2 for batch in batches)
        for sequence in (column, expected):
            assert rows.first_occurrences(sequence).tolist() == [
                k for k, v in enumerate(expected) if v not in expected[:k]
            ]
