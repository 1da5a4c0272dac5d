from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import stat
import struct
import tarfile
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thaw.data.archives import is_archive, unpack
from thaw.errors import InputError


def tar(path: Path, *members: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for member in members:
            member.size = 1 if member.isfile() else 0
            archive.addfile(member, io.BytesIO(b"x"))
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def test_archives_are_known_by_name() -> None:
    assert all(is_archive(Path(name)) for name in ("a.zip", "a.TAR.GZ", "a.tgz", "a.tar", "a.whl"))
    assert not is_archive(Path("a.csv.gz"))


def test_files_come_out_whole(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a/b.txt", "content")
        archive.mkdir("empty")
    assert (unpack(tmp_path / "x.zip", tmp_path / "to") / "a" / "b.txt").read_text() == "content"
    path = tar(tmp_path / "x.tgz", member("./a", tarfile.DIRTYPE), member("./a/b"))
    assert (unpack(path, tmp_path / "tar") / "a" / "b").read_text() == "x"


@pytest.mark.parametrize("name", ["../out", "/abs", "a/../../out", "..\\out"])
def test_members_that_point_out_are_refused(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), "x")
    for path in (tmp_path / "x.zip", tar(tmp_path / "x.tar.gz", member(name))):
        with pytest.raises(InputError, match="points out of the archive"):
            unpack(path, tmp_path / "in" / "to")
    assert not (tmp_path / "in" / "out").exists()
    assert not (tmp_path / "out").exists()


def test_links_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    sources = [tmp_path / "x.zip"]
    sources += [tar(tmp_path / f"{k!r}.tar.gz", member("a", k, "/etc")) for k in (tarfile.SYMTYPE, tarfile.LNKTYPE)]
    for path in sources:
        with pytest.raises(InputError, match="is a link"):
            unpack(path, tmp_path / "to")


def test_a_cut_archive_is_damaged(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a", "content" * 100)
    path = tar(tmp_path / "x.tar.gz", *(member(f"{n}") for n in range(50)))
    for cut in (tmp_path / "x.zip", path):
        cut.write_bytes(cut.read_bytes()[:150])
        with pytest.raises(InputError, match="is damaged"):
            unpack(cut, tmp_path / "to")
        assert not (tmp_path / "to").exists()


def zstd(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstd,
}


def plain_tar(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def plain_zip(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def unpacked(path: Path, folder: Path) -> dict[str, bytes]:
    root = unpack(path, folder)
    return {file.relative_to(root).as_posix(): file.read_bytes() for file in root.rglob("*") if file.is_file()}


FILES = {"cat/1.txt": b"one" * 500, "dog/2.txt": os.urandom(3000), "empty.txt": b""}


@pytest.mark.parametrize("suffix", COMPRESSIONS)
def test_every_compression(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x.tar{suffix}"
    path.write_bytes(COMPRESSIONS[suffix](plain_tar(FILES)))
    assert unpacked(path, tmp_path / "to") == FILES


@pytest.mark.parametrize("suffix", COMPRESSIONS)
def test_a_broken_header_is_no_end(tmp_path: Path, suffix: str) -> None:
    """The library takes what is no header for the end of the archive, and loses what follows."""
    data = bytearray(plain_tar({f"{n}.txt": b"x" * 512 for n in range(9)}))
    data[5 * 1024 + 8] ^= 1
    path = tmp_path / f"x.tar{suffix}"
    for broken in (bytes(data), plain_tar(FILES)[:1536]):
        path.write_bytes(COMPRESSIONS[suffix](broken))
        with pytest.raises(InputError, match="is damaged"):
            unpack(path, tmp_path / "to")
        assert not (tmp_path / "to").exists()


ZEROS = bytes(90 * 2**20)


@pytest.mark.parametrize("suffix", [".zip", ".tar.gz", ".tar.xz"])
def test_a_bomb_is_refused_at_once(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"bomb{suffix}"
    if suffix == ".zip":
        path.write_bytes(plain_zip({"zeros": ZEROS}))
    else:
        info = tarfile.TarInfo("zeros")
        info.size = len(ZEROS)
        whole = info.tobuf() + ZEROS
        path.write_bytes(gzip.compress(whole) if suffix == ".tar.gz" else lzma.compress(whole, preset=0))
    start = time.monotonic()
    with pytest.raises(InputError, match=r"is unsafe: .* unpack to more than"):
        unpack(path, tmp_path / "to")
    assert time.monotonic() - start < 2
    assert not (tmp_path / "to").exists()


def test_members_that_are_no_plain_files(tmp_path: Path) -> None:
    kinds = (tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE)
    for kind in kinds:
        with pytest.raises(InputError, match="is a link, a device"):
            unpack(tar(tmp_path / "x.tgz", member("ok"), member("a", kind)), tmp_path / "to")
    assert not (tmp_path / "to").exists()
    (tmp_path / "x.tar").write_bytes(plain_tar({"a": b"x"})[:1024] + plain_tar({"a": b"y"}))
    with pytest.raises(InputError, match="is there twice"):
        unpack(tmp_path / "x.tar", tmp_path / "to")
    (tmp_path / "x.tar").write_bytes(plain_tar({"a": b"x", "a/b": b"y"}))
    with pytest.raises(InputError, match="a file and a folder"):
        unpack(tmp_path / "x.tar", tmp_path / "to")
    (tmp_path / "x.tar").write_bytes(plain_tar({"n" * 300: b"x"}))
    with pytest.raises(InputError, match="a name that is too long"):
        unpack(tmp_path / "x.tar", tmp_path / "to")


def test_an_encrypted_member(tmp_path: Path) -> None:
    data = bytearray(plain_zip({"a": b"secret"}))
    for place in (data.index(b"PK\3\4") + 6, data.index(b"PK\1\2") + 8):
        data[place] |= 1
    (tmp_path / "x.zip").write_bytes(data)
    with pytest.raises(InputError, match="is encrypted"):
        unpack(tmp_path / "x.zip", tmp_path / "to")


def zip_in(encoding: str, *names: str, extra: Callable[[bytes], bytes] = lambda name: b"") -> bytes:
    """A zip whose names are written in an encoding that it does not state."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number, name in enumerate(names):
            info = zipfile.ZipInfo(f"{number:04}".ljust(len(name.encode(encoding)), "~"))
            info.extra = extra(name.encode(encoding))
            archive.writestr(info, b"x")
    data = file.getvalue()
    for number, name in enumerate(names):
        raw = name.encode(encoding)
        data = data.replace(f"{number:04}".ljust(len(raw), "~").encode(), raw)
    return data


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("utf-8", ("плохо/1.jpg", "хорошо/2.jpg")),
        ("cp866", ("плохо/1.jpg", "хорошо/2.jpg")),
        ("cp437", ("größe/1.jpg", "café/2.jpg")),
        ("cp932", ("ねこ/猫.jpg", "いぬ/犬.jpg")),
    ],
)
def test_names_of_other_systems(tmp_path: Path, encoding: str, names: tuple[str, ...]) -> None:
    (tmp_path / "x.zip").write_bytes(zip_in(encoding, *names))
    assert set(unpacked(tmp_path / "x.zip", tmp_path / "to")) == set(names)


def test_the_name_in_utf8_beside_another(tmp_path: Path) -> None:
    said = "größe/1".encode()

    def extra(name: bytes) -> bytes:
        return struct.pack("<HHBI", 0x7075, 5 + len(said), 1, zlib.crc32(name)) + said

    (tmp_path / "x.zip").write_bytes(zip_in("cp866", "плохо/1", extra=extra))
    assert set(unpacked(tmp_path / "x.zip", tmp_path / "to")) == {"größe/1"}
    (tmp_path / "x.zip").write_bytes(zip_in("cp866", "плохо/1", extra=lambda name: extra(b"another")))
    assert set(unpacked(tmp_path / "x.zip", tmp_path / "again")) == {"плохо/1"}


def test_names_that_differ_in_case_alone(tmp_path: Path) -> None:
    files = {"Cat/1": b"a", "cat/1": b"b"}
    (tmp_path / "x.zip").write_bytes(plain_zip(files))
    assert unpacked(tmp_path / "x.zip", tmp_path / "to") == files


WHOLE = {f".tar{suffix}": compress(plain_tar(FILES)) for suffix, compress in COMPRESSIONS.items()}
WHOLE |= {f"{method}.zip": plain_zip(FILES, method) for method in (0, 8, 12, 14)}


@given(kind=st.sampled_from(sorted(WHOLE)), data=st.data())
def test_damage_is_told_or_harmless(kind: str, data: st.DataObject) -> None:
    """A cut or changed archive is refused, or nothing of its content is lost where a checksum would tell."""
    whole = bytearray(WHOLE[kind])
    if data.draw(st.booleans(), "cut"):
        del whole[data.draw(st.integers(0, len(whole) - 1), "length") :]
    else:
        for bit in data.draw(st.lists(st.integers(0, 8 * len(whole) - 1), min_size=1, max_size=4), "bits"):
            whole[bit // 8] ^= 1 << bit % 8
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, f"x{kind}")
        path.write_bytes(whole)
        try:
            found = unpacked(path, Path(place, "to"))
        except InputError:
            assert not Path(place, "to").exists()
        else:
            assert len(found) == len(FILES) or bytes(whole) == WHOLE[kind]
