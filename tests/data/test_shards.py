from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests import factories
from tests.factories import Row
from thaw import storage
from thaw.data import shards as module
from thaw.data.shards import read_rows
from thaw.errors import InputError
from thaw.records import Dataset, Modality, Split


def made(modality: Modality, place: str, folder: Path, rows: dict[Split, list[Row]]) -> Dataset:
    folder.mkdir()
    names = {split: factories.shards(sorted(rows[split]), modality, folder, split) for split in rows}
    storage.upload(folder, place)
    return Dataset(
        modality=modality,
        classes=("a", "b"),
        counts={split: (len(rows[split]), 0) for split in rows},
        shards={split: tuple(storage.join(place, name) for name in names[split]) for split in rows},
        fingerprint="f" * 64,
        source="",
        split_given=False,
        duplicates=0,
        leaked=0,
        rejected=0,
        rejected_uri="",
    )


def row(content: bytes, label: int = 0) -> Row:
    return hashlib.sha256(content).hexdigest(), label, content, content[:8].hex()


def test_texts_come_back_by_split_and_id(place: str, tmp_path: Path) -> None:
    train, test = [row(f"é text {n}".encode(), n % 2) for n in range(9)], [row(b"other", 1)]
    data = made("text", place, tmp_path / "made", {"train": train, "test": test})
    rows = read_rows(data, ["test", "train"], tmp_path)
    assert len(rows) == 10
    assert list(rows.ids) == [test[0][0], *sorted(one[0] for one in train)]
    assert rows.raw[0] == "other"
    assert set(rows.raw[1:]) == {f"é text {n}" for n in range(9)}
    assert rows.labels.dtype == np.int64
    assert {identity: label for identity, label, *_ in train} == dict(zip(rows.ids[1:], rows.labels[1:], strict=True))


def test_images_come_back_as_bytes(tmp_path: Path) -> None:
    rows = [row(bytes([n]) * 50) for n in range(5)]
    data = made("image", str(tmp_path / "store"), tmp_path / "made", {"train": rows})
    got = read_rows(data, ["train", "validation"], tmp_path)
    assert list(got.raw) == [content for _, _, content, _ in sorted(rows)]
    assert list(got.source) == [source for *_, source in sorted(rows)]


def test_shards_are_cut_by_size_and_read_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SHARD_BYTES", 1000)
    monkeypatch.setattr(module, "GROUP_BYTES", 300)
    rows = [row(bytes([n]) * 100) for n in range(40)]
    data = made("image", str(tmp_path / "store"), tmp_path / "made", {"train": rows})
    assert len(data.shards["train"]) == 4
    assert pq.ParquetFile(data.shards["train"][0]).num_row_groups == 4
    assert list(read_rows(data, ["train"], tmp_path).raw) == [content for _, _, content, _ in sorted(rows)]


def test_take_is_a_view(tmp_path: Path) -> None:
    data = made("text", str(tmp_path / "store"), tmp_path / "made", {"train": [row(b"%d" % n, n) for n in range(9)]})
    rows = read_rows(data, ["train"], tmp_path)
    chosen = rows.take([7, 2, 2]).take(np.array([2, 0]))
    assert list(chosen.raw) == [rows.raw[2], rows.raw[7]]
    assert chosen.labels.tolist() == [int(rows.raw[2]), int(rows.raw[7])]
    assert list(chosen.ids) == [rows.ids[2], rows.ids[7]]
    assert rows.raw[-1] == rows.raw[8]
    with pytest.raises(IndexError):
        rows.raw[9]


def test_shards_are_fetched_ahead_and_leave_no_more_on_the_disk(
    gcs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SHARD_BYTES", 300)
    monkeypatch.setattr(module, "GROUP_BYTES", 300)
    rows = [row(bytes([n]) * 100) for n in range(60)]
    data = made("image", f"{gcs}/{uuid.uuid4().hex}", tmp_path / "made", {"train": rows})
    assert len(data.shards["train"]) == 20
    scratch, there, convert = tmp_path / "scratch", [], module._batches
    scratch.mkdir()

    def watched(shard: Path) -> Iterator[Any]:
        time.sleep(0.02)
        there.append(len(list(scratch.rglob("*.parquet"))))
        return convert(shard)

    monkeypatch.setattr(module, "_batches", watched)
    assert list(read_rows(data, ["train"], scratch).raw) == [content for _, _, content, _ in sorted(rows)]
    assert 1 < max(there) <= module.DOWNLOADS + 1
    assert there[-1] == 1
    assert [path.suffix for path in scratch.iterdir()] == [".arrow"]


def test_a_lost_remote_shard_is_named_and_nothing_is_left(gcs: str, tmp_path: Path) -> None:
    data = made("text", f"{gcs}/{uuid.uuid4().hex}", tmp_path / "made", {"train": [row(b"x")]})
    storage.remove(data.shards["train"][0])
    (tmp_path / "scratch").mkdir()
    with pytest.raises(InputError, match=r"train-00000\.parquet of the dataset is gone"):
        read_rows(data, ["train"], tmp_path / "scratch")
    assert not [path for path in tmp_path.joinpath("scratch").iterdir() if path.is_dir()]


def test_no_rows(tmp_path: Path) -> None:
    data = made("text", str(tmp_path / "store"), tmp_path / "made", {"train": []})
    assert data.shards["train"] == ()
    assert len(read_rows(data, ["train"], tmp_path)) == 0


def test_reading_twice_in_one_scratch(tmp_path: Path) -> None:
    data = made("text", str(tmp_path / "store"), tmp_path / "made", {"train": [row(b"x")]})
    assert list(read_rows(data, ["train"], tmp_path).raw) == list(read_rows(data, ["train"], tmp_path).raw)


def test_a_lost_shard_is_named(tmp_path: Path) -> None:
    data = made("text", str(tmp_path / "store"), tmp_path / "made", {"train": [row(b"x")]})
    Path(data.shards["train"][0]).unlink()
    with pytest.raises(InputError, match=r"train-00000\.parquet of the dataset is gone"):
        read_rows(data, ["train"], tmp_path)
