"""Small pictures of test rows, inside the page."""

from __future__ import annotations

import base64
import io
import tempfile
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from ..data.images import decode, size_of
from ..data.shards import read_rows
from ..errors import InputError
from ..records import Dataset

SIDE = 112
"""Pixels of the longer side."""


def thumbnails(dataset: Dataset, rows: Iterable[str]) -> dict[str, str]:
    """`data:` URIs of the test rows with these content hashes; of none when the dataset's shards are gone."""
    wanted = set(rows)
    with tempfile.TemporaryDirectory() as scratch:
        try:
            test = read_rows(dataset, ("test",), Path(scratch))
        except InputError:
            return {}
        return {row: _inline(test.raw[place]) for place, row in enumerate(test.ids) if row in wanted}


def _inline(content: bytes) -> str:
    width, height = size_of(content)
    most = max(width, height)
    shape = (max(1, round(SIDE * width / most)), max(1, round(SIDE * height / most)))
    file = io.BytesIO()
    Image.fromarray(decode(content, SIDE)).resize(shape).save(file, "JPEG", quality=82)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
