"""What a user may name: one address, several, patterns; and how a source is known again by its listing."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from tests.steps.ingest.sources.opened import png, read_source, write_images
from tests.storage.test_drivers import server
from thaw import storage
from thaw.errors import InputError
from thaw.steps.ingest.sources import file_count, listing_fingerprint
from thaw.steps.ingest.sources.addresses import addresses

__all__ = ["server"]
CSV = "text,label\n" + "".join(f"text number {n},{'pn'[n % 2]}\n" for n in range(8))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("a.csv", "b.csv", "c,d.csv", "e*.csv", "f{1,2}.csv", "sub/g.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(CSV)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("a.csv", ["a.csv"]),
        ("a.csv,b.csv", ["a.csv", "b.csv"]),
        ("a.csv, b.csv,", ["a.csv", "b.csv"]),
        ("c,d.csv", ["c,d.csv"]),
        ("e*.csv", ["e*.csv"]),
        ("f{1,2}.csv", ["f{1,2}.csv"]),
        ("[ab].csv", ["a.csv", "b.csv"]),
        ("**/g.csv", ["sub/g.csv"]),
        ("{a,b}.csv", ["a.csv", "b.csv"]),
        ("x-{008..010}.tar", ["x-008.tar", "x-009.tar", "x-010.tar"]),
        ("x-{8..10}.tar", ["x-8.tar", "x-9.tar", "x-10.tar"]),
        ("https://h/x,y.csv?a=[1]", ["https://h/x,y.csv?a=[1]"]),
        ("https://h/x-{1..2}.tar,s3://b/y.csv", ["https://h/x-1.tar", "https://h/x-2.tar", "s3://b/y.csv"]),
        ("weird {{$}} name", ["weird {{$}} name"]),
    ],
)
def test_addresses(here: Path, data: str, expected: list[str]) -> None:
    assert addresses(data) == expected


@pytest.mark.parametrize("data", ["*.nothing", "x-{0..99999999999}.tar", "", "  "])
def test_addresses_that_are_none(here: Path, data: str) -> None:
    with pytest.raises(InputError):
        addresses(data)


def test_several_tables_are_one_source(here: Path) -> None:
    found = read_source("a.csv,sub/g.csv")
    assert len(found.rows) == 16
    assert {name.rpartition(":")[0] for name in found.labels} == {"a.csv", "sub/g.csv"}
    assert len(read_source(f"file://{here}/a.csv").rows) == 8


def test_several_folders_keep_their_names(tmp_path: Path) -> None:
    write_images(tmp_path, "train/cat/1.png", "train/dog/1.png", "test/cat/1.png", "other/x.png")
    found = read_source(f"{tmp_path}/train,{tmp_path}/test")
    assert found.splits == {"train/cat/1.png": "train", "train/dog/1.png": "train", "test/cat/1.png": "test"}


@pytest.mark.parametrize("data", ["nothing", "owner/name", "a\0b", "x" * 5000, "/dev/zero", "/dev/null"])
def test_nothing_there(data: str) -> None:
    with pytest.raises(InputError) as raised:
        read_source(data)
    assert "\n" not in str(raised.value)


def test_a_pipe_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.csv")
    for data in (tmp_path / "x.csv", f"{tmp_path}/*.csv"):
        with pytest.raises(InputError, match="is no regular file"):
            read_source(data)


def test_a_table_behind_a_server_and_its_images(server: str, tmp_path: Path) -> None:
    root = write_images(tmp_path / "served", "img/1.png", "img/2.png")
    (root / "x.csv").write_text("image,label\nimg/1.png,a\nimg\\2.png,b\n")
    found = read_source(f"{server}/x.csv")
    assert [content for _, _, _, content in found.rows] == [png(0), png(1)]
    assert listing_fingerprint(f"{server}/x.csv") is not None


@pytest.fixture
def memory() -> Iterator[str]:
    files = fsspec.filesystem("memory")
    name = f"thaw-{uuid.uuid4().hex}"
    for number, path in enumerate(("train/cat/1.png", "train/dog/1.png", "test/cat/1.png")):
        files.pipe(f"/{name}/{path}", png(number))
    files.pipe(f"/{name}/x.csv", b"image,label\ntrain/cat/1.png,a\ntrain/dog/1.png,b\n")
    yield f"memory://{name}"
    files.rm(f"/{name}", recursive=True)


def test_a_driver_of_fsspec(memory: str) -> None:
    found = read_source(f"{memory}/train,{memory}/test")
    assert found.splits == {"train/cat/1.png": "train", "train/dog/1.png": "train", "test/cat/1.png": "test"}
    named = read_source(f"{memory}/x.csv")
    assert [content for _, _, _, content in named.rows] == [png(0), png(1)]
    assert len(read_source(f"{memory}/*.csv").rows) == 2


def test_objects_that_fit_a_pattern(gcs: str) -> None:
    base = f"{gcs}/{uuid.uuid4().hex}"
    for name in ("a.csv", "b.csv", "sub/c.csv"):
        storage.write(f"{base}/{name}", CSV.encode())
    assert addresses(f"{base}/*.csv") == [f"{base}/a.csv", f"{base}/b.csv"]
    assert len(read_source(f"{base}/*.csv").rows) == 16
    first = listing_fingerprint(base)
    assert first is not None
    storage.write(f"{base}/a.csv", CSV.encode())
    assert listing_fingerprint(base) != first


def test_a_listing_tells_of_every_change(tmp_path: Path) -> None:
    root = write_images(tmp_path / "x", "cat/1.png", "dog/1.png")
    known = [listing_fingerprint(str(root))]
    assert listing_fingerprint(str(root)) == known[0]
    assert file_count(str(root)) == 2
    times = (root / "cat" / "1.png").stat()
    (root / "cat" / "1.png").write_bytes(bytes(reversed((root / "cat" / "1.png").read_bytes())))
    os.utime(root / "cat" / "1.png", ns=(times.st_atime_ns, times.st_mtime_ns))
    known.append(listing_fingerprint(str(root)))
    (root / "cat" / "1.png").rename(root / "cat" / "2.png")
    known.append(listing_fingerprint(str(root)))
    (root / "dog" / "1.png").unlink()
    known.append(listing_fingerprint(str(root)))
    (root / "dog" / "link.png").symlink_to("nowhere")
    known.append(listing_fingerprint(str(root)))
    assert len(set(known)) == 5
    assert None not in known


def test_a_listing_is_fast(tmp_path: Path) -> None:
    for folder in range(10):
        (tmp_path / str(folder)).mkdir()
        for number in range(500):
            (tmp_path / str(folder) / f"{number}.png").touch()
    start = time.perf_counter()
    listing_fingerprint(str(tmp_path))
    assert time.perf_counter() - start < 1
