"""Thumbnails of rows that a page shows."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests import factories
from thaw.data.excerpts import data_uri
from thaw.records import Dataset, Modality
from thaw.steps.evaluate import thumbnails


def picture(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.full((height, width, 3), 90, np.uint8)).save(file, "PNG")
    return file.getvalue()


def dataset(folder: Path, modality: Modality) -> Dataset:
    """Four test rows on disk, whose content hashes are "0" to "3"."""
    content = picture(40, 64) if modality == "image" else b"a text"
    names = factories.shards([(str(row), row % 2, content, f"row {row}") for row in range(4)], modality, folder, "test")
    return Dataset(
        modality=modality,
        classes=("a", "b"),
        counts={"test": (2, 2)},
        shards={"test": tuple(str(folder / name) for name in names)},
        fingerprint="ab" * 32,
        source="made up",
        split_given=False,
        duplicates=0,
        leaked=0,
        rejected=0,
        rejected_uri="",
    )


def test_rows_that_are_asked_for_become_data_uris(tmp_path: Path) -> None:
    made = thumbnails.of_rows(dataset(tmp_path, "image"), ["1", "3", "not there"])
    assert made.keys() == {"1", "3"}
    assert all(uri.startswith("data:image/jpeg;base64,") for uri in made.values())


@pytest.mark.parametrize(("width", "height", "size"), [(40, 64, (70, 112)), (1000, 1, (112, 1))])
def test_the_shape_is_kept(width: int, height: int, size: tuple[int, int]) -> None:
    uri = data_uri(picture(width, height))
    with Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))) as image:
        assert (image.format, image.size) == ("JPEG", size)


def test_there_are_none_of_text_and_none_without_the_shards(tmp_path: Path) -> None:
    assert not thumbnails.of_rows(dataset(tmp_path, "text"), ["1"])
    images = dataset(tmp_path, "image")
    gone = images.model_copy(update={"shards": {"test": (str(tmp_path / "gone.parquet"),)}, "fingerprint": "ef" * 32})
    assert not thumbnails.of_rows(gone, ["1"])
