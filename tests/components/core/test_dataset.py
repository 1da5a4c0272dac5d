from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from thaw.components.core import dataset as module
from thaw.components.core import storage
from thaw.components.core.contracts import Dataset, Modality
from thaw.components.core.dataset import Row, read_rows, write_shards
from thaw.components.core.errors import InputError


def made(modality: Modality, place: str, folder: Path, rows: dict[str, list[Row]]) -> Dataset:
    folder.mkdir()
    names = {split: write_shards(sorted(rows[split]), modality, folder, split) for split in rows}
    storage.upload(folder, place)
    return Dataset(
        modality=modality, classes=("a", "b"), counts={split: (len(rows[split]), 0) for split in rows},
        shards={split: tuple(storage.join(place, name) for name in names[split]) for split in rows},
        fingerprint="f" * 64, source="", split_given=False, duplicates=0, leaked=0, rejected=0, rejected_uri="",
    )  # fmt: skip


def row(content: bytes, label: int = 0) -> Row:
    return hashlib.sha256(content).hexdigest(), label, content, content[:8].hex()


def test_texts_come_back_by_split_and_id(place: str, tmp_path: Path) -> None:
    train, test = [row(f"é text {n}".encode(), n % 2) for n in range(9)], [row(b"other", 1)]
    data = made("text", place, tmp_path / "made", {"train": train, "test": test})
    rows = read_rows(data, ["test", "train"], tmp_path)
    assert len(rows) == 10
    assert rows.ids == [test[0][0], *sorted(one[0] for one in train)]
    assert rows.raw[0] == "other"
    assert set(rows.raw[1:]) == {f"é text {n}" for n in range(9)}
    assert rows.labels.dtype == np.int64
    assert {identity: label for identity, label, *_ in train} == dict(zip(rows.ids[1:], rows.labels[1:], strict=True))


def test_images_come_back_as_bytes(tmp_path: Path) -> None:
    rows = [row(bytes([n]) * 50) for n in range(5)]
    data = made("image", str(tmp_path / "store"), tmp_path / "made", {"train": rows})
    got = read_rows(data, ["train", "validation"], tmp_path)
    assert list(got.raw) == [content for _, _, content, _ in sorted(rows)]
    assert got.source == [source for *_, source in sorted(rows)]


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
    assert chosen.ids == [rows.ids[2], rows.ids[7]]
    assert rows.raw[-1] == rows.raw[8]
    with pytest.raises(IndexError):
        rows.raw[9]


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
