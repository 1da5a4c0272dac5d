"""A large source read in parts is the same dataset, whoever reads which part, and nothing is read twice."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.steps.ingest.test_ingest_step import image_tree
from thaw import storage
from thaw.errors import InputError
from thaw.records import SourceOptions
from thaw.steps.ingest import parts, step
from thaw.steps.ingest.sources import image_folder, listing_fingerprint
from thaw.storage.store import Store


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Twenty-six images, one of them broken and one there three times, in parts of ten."""
    monkeypatch.setattr(parts, "FILES_PER_PART", 10)
    monkeypatch.setattr(image_folder, "BATCH_ROWS", 4)
    root = image_tree(tmp_path / "images", rows=12)
    (root / "cat" / "3.png").write_bytes(b"broken")
    for twin in ("0", "zz"):
        (root / "cat" / f"{twin}-twin.png").write_bytes((root / "cat" / "5.png").read_bytes())
    return root


def run(tmp_path: Path, data: Path, store: str) -> Any:
    scratch = Path(tempfile.mkdtemp(dir=tmp_path))
    return step.run(str(data), str(tmp_path / store), scratch, SourceOptions(near_duplicates="keep"))


def test_parts_make_the_dataset_that_one_pass_makes(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert parts.part_count(str(images)) == 3
    joined = run(tmp_path, images, "parts")
    monkeypatch.setattr(parts, "FILES_PER_PART", 1000)
    assert parts.part_count(str(images)) == 1
    whole = run(tmp_path, images, "whole")
    assert joined.fingerprint == whole.fingerprint
    assert (joined.rejected, joined.refused_kinds) == (whole.rejected, whole.refused_kinds) == (1, {"image": 1})
    kept = [Path(dataset.shards["train"][0]).read_bytes() for dataset in (joined, whole)]
    assert kept[0] == kept[1]
    assert storage.listing(str(tmp_path / "parts" / "parts")) == []


def test_parts_that_are_there_are_not_read_again(images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options, store = SourceOptions(near_duplicates="keep"), Store(str(tmp_path / "store"))
    for index in range(3):
        parts.read_part(str(images), options, index, 3, store, Path(tempfile.mkdtemp(dir=tmp_path)))
    monkeypatch.setattr(parts, "open_source", None)
    assert run(tmp_path, images, "store").rejected == 1


def test_a_source_that_has_not_changed_is_not_read_again(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(tmp_path, images, "store")
    monkeypatch.setattr(parts, "open_source", None)
    monkeypatch.setattr(step, "open_source", None)
    assert run(tmp_path, images, "store") == first


@pytest.mark.parametrize("change", ["content", "new", "gone", "lost"])
def test_a_source_that_has_changed_is_read_again(images: Path, tmp_path: Path, change: str) -> None:
    first, before = run(tmp_path, images, "store"), listing_fingerprint(str(images))
    if change == "content":
        (images / "cat" / "3.png").write_bytes((images / "cat" / "4.png").read_bytes() + b"more")
    elif change == "new":
        (images / "cat" / "new.png").write_bytes((images / "cat" / "4.png").read_bytes() + b"new")
    elif change == "gone":
        (images / "cat" / "4.png").unlink()
    else:
        storage.remove(first.shards["train"][0])
    assert (listing_fingerprint(str(images)) == before) == (change == "lost")
    again = run(tmp_path, images, "store")
    assert (again.fingerprint == first.fingerprint) == (change == "lost")
    assert all(storage.exists(shard) for shards in again.shards.values() for shard in shards)


def test_what_is_wrong_with_a_source_is_said_by_a_part_too(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing at"):
        parts.read_part(str(tmp_path / "no"), SourceOptions(), 0, 2, Store(str(tmp_path / "store")), tmp_path)
