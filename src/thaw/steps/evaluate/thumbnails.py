"""Small pictures of test rows, to stand in a page."""

from __future__ import annotations

import base64
import io
import tempfile
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from ...data.images import decode, size_of
from ...data.shards import read_rows
from ...errors import InputError
from ...records import Dataset

SIDE = 112
"""Pixels of the longer side."""


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


def data_uri(content: bytes) -> str:
    """An image file as a small JPEG in a `data:` URI."""
    width, height = size_of(content)
    longer = max(width, height)
    shape = (max(1, round(SIDE * width / longer)), max(1, round(SIDE * height / longer)))
    file = io.BytesIO()
    Image.fromarray(decode(content, SIDE)).resize(shape).save(file, "JPEG", quality=82)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
