"""WebDataset and TFRecord shards, read as what TensorFlow and tar wrote."""

from __future__ import annotations

import gzip
import io
import json
import struct
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import google_crc32c
import pytest

from tests.steps.ingest.sources.opened import png, read_source
from thaw.errors import InputError


def write_tar(path: Path, members: Sequence[tuple[str, bytes]], packed: bool = False) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz" if packed else "w") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def image_members(count: int, labels: str = "cls", first: int = 0) -> list[tuple[str, bytes]]:
    rows = range(first, first + count)
    written = {"cls": (b"0", b"1"), "txt": (b"cat", b"dog"), "json": (b'{"label": 0}', b'{"label": 1}')}[labels]
    return [member for n in rows for member in ((f"{n:05}.png", png(n)), (f"{n:05}.{labels}", written[n % 2]))]


@pytest.mark.parametrize("labels", ["cls", "txt", "json"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_shard_of_images(tmp_path: Path, labels: str, packed: bool) -> None:
    path = write_tar(tmp_path / "x.tar", image_members(6, labels), packed)
    found = read_source(path)
    assert found.modality == "image"
    assert [content for _, _, _, content in found.rows] == [png(n) for n in range(6)]
    names = ("cat", "dog") if labels == "txt" else ("0", "1")
    assert [label for _, label, _, _ in found.rows] == [names[n % 2] for n in range(6)]
    assert found.readings[0].format == "webdataset"


def test_shards_by_split_and_by_pattern(tmp_path: Path) -> None:
    for number in range(4):
        split = "val" if number == 3 else "train"
        write_tar(tmp_path / f"birds-{split}-{number:06}.tar", image_members(6, first=6 * number))
    found = read_source(tmp_path)
    assert [split for _, _, split, _ in found.rows] == ["train"] * 18 + ["validation"] * 6
    assert len(read_source(tmp_path / "birds-train-{000000..000002}.tar").rows) == 18
    assert len(read_source(tmp_path / "birds-*-00000[03].tar").rows) == 12


def test_a_shard_of_texts(tmp_path: Path) -> None:
    rows = [
        member
        for n in range(6)
        for member in ((f"a/{n}.txt", f"a text {n}".encode()), (f"a/{n}.cls", b"pn"[n % 2 : n % 2 + 1]))
    ]
    found = read_source(write_tar(tmp_path / "x.tar", rows))
    assert found.modality == "text"
    assert {content: label for _, label, _, content in found.rows} == {f"a text {n}": "pn"[n % 2] for n in range(6)}


def test_rows_of_a_shard_that_lack_something(tmp_path: Path) -> None:
    rows = [
        *image_members(4),
        ("8.png", png(8)),
        ("9.cls", b"1"),
        ("README", b"x"),
        ("7.png", png(7)),
        ("7.json", b"{"),
    ]
    found = read_source(write_tar(tmp_path / "x.tar", rows))
    assert len(found.rows) == 4
    assert len(found.refused) == 4
    assert found.refused["x.tar:5"].startswith("no label")


def test_other_tars_are_archives(tmp_path: Path) -> None:
    members = [(f"{label}/{n}.png", png(n)) for label in ("cat", "dog") for n in range(3)]
    found = read_source(write_tar(tmp_path / "x.tar", members))
    assert set(found.labels.values()) == {"cat", "dog"}
    assert found.readings[0].format == "folder"


def test_boxes_beside_images_are_told(tmp_path: Path) -> None:
    rows = [*image_members(2, "json")[:3], ("00001.json", json.dumps({"label": 1, "bbox": [1, 2, 3, 4]}).encode())]
    with pytest.raises(InputError, match=r"has bounding boxes \(json.bbox\)"):
        read_source(write_tar(tmp_path / "x.tar", rows))


def masked(data: bytes) -> bytes:
    checksum = google_crc32c.value(data)
    return struct.pack("<I", ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def frame(content: bytes) -> bytes:
    length = struct.pack("<Q", len(content))
    return length + masked(length) + content + masked(content)


def example(**features: Any) -> bytes:
    """A tf.train.Example in TensorFlow's own encoding: field 1 of each message, and lists packed."""

    def field(number: int, content: bytes) -> bytes:
        return bytes([number << 3 | 2]) + varint(len(content)) + content

    def varint(number: int) -> bytes:
        return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)

    def feature(value: Any) -> bytes:
        values = value if isinstance(value, list) else [value]
        if isinstance(values[0], bytes):
            return field(1, b"".join(field(1, each) for each in values))
        if isinstance(values[0], float):
            return field(2, field(1, struct.pack(f"<{len(values)}f", *values)))
        return field(3, field(1, b"".join(map(varint, values))))

    entries = [field(1, field(1, name.encode()) + field(2, feature(value))) for name, value in features.items()]
    return field(1, b"".join(entries))


def image_examples(count: int = 6) -> list[bytes]:
    return [
        example(**{"image/encoded": png(n), "image/class/label": n % 2, "image/format": b"png", "image/width": 5})
        for n in range(count)
    ]


@pytest.mark.parametrize("name", ["x.tfrecord", "x.tfrecord-00000-of-00001", "x.tfrec", "x.tfrecord.gz"])
def test_records_of_images(tmp_path: Path, name: str) -> None:
    data = b"".join(map(frame, image_examples()))
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    for source in (tmp_path / name, tmp_path):
        found = read_source(source)
        assert found.modality == "image"
        assert [content for _, _, _, content in found.rows] == [png(n) for n in range(6)]
        assert [label for _, label, _, _ in found.rows] == ["0", "1"] * 3
        assert found.readings[0].format == "tfrecord"


def test_names_of_classes_beside_records(tmp_path: Path) -> None:
    rows = [example(text=f"a text {n}".encode(), label=n % 2) for n in range(6)]
    (tmp_path / "imdb-train.tfrecord-00000-of-00001").write_bytes(b"".join(map(frame, rows)))
    (tmp_path / "imdb-test.tfrecord-00000-of-00001").write_bytes(b"".join(map(frame, rows[:2])))
    (tmp_path / "label.labels.txt").write_text("neg\npos\n")
    (tmp_path / "features.json").write_text("{}")
    found = read_source(tmp_path)
    assert found.class_names == ("neg", "pos")
    assert [label for _, label, _, _ in found.rows] == ["neg", "pos"] * 4
    assert [split for _, _, split, _ in found.rows] == ["test"] * 2 + ["train"] * 6
    assert set(found.refused) == {"label.labels.txt", "features.json"}


def test_several_labels_of_a_record(tmp_path: Path) -> None:
    rows = [example(text=b"one text", label=[n, n + 1]) for n in range(6)]
    (tmp_path / "x.tfrecord").write_bytes(b"".join(map(frame, rows)))
    with pytest.raises(InputError, match="several labels a row"):
        read_source(tmp_path / "x.tfrecord")


def test_damaged_records(tmp_path: Path) -> None:
    whole = b"".join(map(frame, image_examples()))
    path = tmp_path / "x.tfrecord"
    size = len(frame(image_examples()[0]))
    changed = bytearray(whole)
    changed[size + 30] ^= 1
    path.write_bytes(changed)
    found = read_source(path)
    assert len(found.rows) == 5
    assert set(found.refused) == {"x.tfrecord:2"}
    changed = bytearray(whole)
    changed[size] ^= 1
    for damaged in (bytes(changed), whole[:-7], whole[: size + 5], b"no record at all"):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match="is damaged"):
            read_source(path)
