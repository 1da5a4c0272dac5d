"""Unpacking zip and tar archives of strangers: nothing is written outside the folder, and no link is followed."""

from __future__ import annotations

import gzip
import lzma
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from ..errors import InputError

TAR = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
ZIP = (".zip", ".whl")
CORRUPT = (
    zipfile.BadZipFile,
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    FileExistsError,
    NotADirectoryError,
    IsADirectoryError,
)


def is_archive(path: Path) -> bool:
    return path.name.lower().endswith(ZIP + TAR)


def unpack(path: Path, folder: Path) -> Path:
    """Unpack all of an archive into `folder` and return it.

    Raises:
        InputError: The archive is damaged, unsafe or too large.
    """
    members = _zip_members if path.name.lower().endswith(ZIP) else _tar_members
    folder.mkdir(parents=True, exist_ok=True)
    room = shutil.disk_usage(folder).free
    try:
        for name, size, source in members(path):
            room -= size
            if room < 0:
                raise InputError(f"{path} unpacks to more than there is room for", f"free space in {folder}")
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with source, open(target, "xb") as file:
                shutil.copyfileobj(source, file)
    except CORRUPT as error:
        raise InputError(f"{path} is damaged ({error})", "make the archive again") from error
    return folder


def _zip_members(path: Path) -> Iterator[tuple[PurePosixPath, int, IO[bytes]]]:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if member.flag_bits & 1:
                raise InputError(f"{path} is encrypted", "give an archive without a password")
            if stat.S_ISLNK(member.external_attr >> 16):
                raise _unsafe(path, member.filename, "is a link")
            name = _safe(path, member.filename)
            if not member.is_dir():
                yield name, member.file_size, archive.open(member)


def _tar_members(path: Path) -> Iterator[tuple[PurePosixPath, int, IO[bytes]]]:
    with tarfile.open(path, "r:*") as archive:
        for member in archive:
            if not (member.isfile() or member.isdir()):
                raise _unsafe(path, member.name, "is a link or a device")
            name = _safe(path, member.name)
            source = archive.extractfile(member)
            if source is not None:
                yield name, member.size, source


def _safe(path: Path, member: str) -> PurePosixPath:
    name = PurePosixPath(member.replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts or "\0" in member:
        raise _unsafe(path, member, "points out of the archive")
    return name


def _unsafe(path: Path, member: str, why: str) -> InputError:
    return InputError(f"{path} is unsafe: its member {member!r} {why}", "make the archive again from plain files")
