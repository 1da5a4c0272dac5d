from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

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
