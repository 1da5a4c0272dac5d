"""Small pictures of test rows, to stand in a page."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from ...data.excerpts import data_uri
from ...data.shards import read_rows
from ...errors import InputError
from ...records import Dataset


def of_rows(dataset: Dataset, rows: Iterable[str]) -> dict[str, str]:
    """Thumbnails of the test rows with these content hashes, as `data:` URIs by hash.

    There are none for text, and none when the dataset's shards are gone.
    """
    if dataset.modality != "image":
        return {}
    wanted = set(rows)
    with tempfile.TemporaryDirectory() as scratch:
        try:
            test = read_rows(dataset, ("test",), Path(scratch))
        except InputError:
            return {}
        return {row: data_uri(test.raw[place]) for place, row in enumerate(test.ids) if row in wanted}
