"""Archives of whatever else is a source, alone, in a folder, or several at a time."""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import zipfile
from pathlib import Path

import pytest

from tests.steps.ingest.sources.opened import png, read_source, write_images
from thaw.errors import InputError

CSV = "text,label\n" + "".join(f"text number {n},{'pn'[n % 2]}\n" for n in range(8))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return write_images(tmp_path / "pictures", *(f"{label}/{n}.png" for label in ("cat", "dog") for n in range(3)))


@pytest.mark.parametrize("format", ["zip", "tar", "gztar", "bztar", "xztar"])
def test_images_in_an_archive(tmp_path: Path, pictures: Path, format: str) -> None:
    path = shutil.make_archive(str(tmp_path / "x"), format, tmp_path, "pictures")
    found = read_source(path)
    assert set(found.labels.values()) == {"cat", "dog"}
    assert {content for _, _, _, content in found.rows} == {png(n) for n in range(6)}


def test_archives_by_split(tmp_path: Path, pictures: Path) -> None:
    for name in ("train", "test"):
        shutil.make_archive(str(tmp_path / "packed" / name), "zip", pictures)
    (tmp_path / "packed" / "README.md").write_text("read me")
    found = read_source(tmp_path / "packed")
    assert [split for _, _, split, _ in found.rows] == ["test"] * 6 + ["train"] * 6
    assert list(found.refused) == ["README.md"]
    both = read_source(f"{tmp_path}/packed/train.zip,{tmp_path}/packed/test.zip")
    assert sorted(both.splits.items()) == sorted(found.splits.items())


def test_an_archive_beside_what_it_may_hold_is_refused(tmp_path: Path, pictures: Path) -> None:
    shutil.make_archive(str(tmp_path / "x"), "zip", pictures)
    shutil.move(tmp_path / "x.zip", pictures / "x.zip")
    found = read_source(pictures)
    assert len(found.rows) == 6
    assert found.refused == {"x.zip": "an archive beside other data: unpack it, or give it alone"}


@pytest.mark.parametrize(("suffix", "compress"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)])
def test_one_compressed_table_is_no_archive(tmp_path: Path, suffix: str, compress: object) -> None:
    (tmp_path / f"x.csv.{suffix}").write_bytes(compress(CSV.encode()))  # type: ignore[operator]
    found = read_source(tmp_path / f"x.csv.{suffix}")
    assert len(found.rows) == 8
    assert found.readings[0].compression == {"gz": "gzip"}.get(suffix, suffix)


def test_a_table_and_the_images_that_it_names(tmp_path: Path) -> None:
    write_images(tmp_path / "x", "images/1.png", "images/2.png")
    (tmp_path / "x" / "labels.csv").write_text("file_name,label\nimages\\1.png,a\nimages/2.png,b\n")
    found = read_source(shutil.make_archive(str(tmp_path / "y"), "zip", tmp_path / "x"))
    assert [content for _, _, _, content in found.rows] == [png(0), png(1)]
    assert not found.refused


def test_classes_of_another_system(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for number, label in enumerate((b"AAAAA", b"BBBBB")):
            archive.writestr(f"{label.decode()}/{number}.png", png(number))
    data = (tmp_path / "x.zip").read_bytes()
    (tmp_path / "x.zip").write_bytes(
        data.replace(b"AAAAA", "плохо".encode("cp866")).replace(b"BBBBB", "добро".encode("cp866"))
    )
    found = read_source(tmp_path / "x.zip")
    assert set(found.labels.values()) == {"плохо", "добро"}


def test_a_damaged_archive_in_a_folder_is_told(tmp_path: Path, pictures: Path) -> None:
    whole = Path(shutil.make_archive(str(tmp_path / "packed" / "x"), "zip", pictures))
    whole.write_bytes(whole.read_bytes()[:200])
    with pytest.raises(InputError, match="is damaged"):
        read_source(whole.parent)
