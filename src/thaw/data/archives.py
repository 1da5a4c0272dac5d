"""Unpacking zip and tar archives of strangers: nothing is written outside the folder, and no link is followed."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath
from typing import IO

from ..errors import InputError
from . import tar_files, zip_files
from .bounds import explained_damage, unsafe

CHUNK = 2**20
MAX_DISK_SHARE = 0.9
"""Share of the free disk that one archive may fill."""


def is_archive(path: Path) -> bool:
    return path.name.lower().endswith(zip_files.SUFFIXES + tar_files.SUFFIXES)


def unpack(path: Path, folder: Path) -> Path:
    """Unpack all of an archive into `folder`, a new one or an empty one, and return it.

    Raises:
        InputError: The archive is damaged, unsafe or too large. Then nothing of it is left in the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with explained_damage(path):
            _unpack(path, folder)
    except BaseException:
        shutil.rmtree(folder)
        raise
    return folder


def _unpack(path: Path, folder: Path) -> None:
    members = zip_files.zip_members if path.name.lower().endswith(zip_files.SUFFIXES) else tar_files.tar_members
    room = int(MAX_DISK_SHARE * shutil.disk_usage(folder).free)
    for name, size, content in members(path):
        room -= size
        if room < 0:
            raise InputError(f"{path} unpacks to more than there is room for", f"free space in {folder}")
        with content:
            _write(path, name, content, folder)


def _write(path: Path, member: str, content: IO[bytes], folder: Path) -> None:
    target = folder / _safe(path, member)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(target, "xb") as file:
            shutil.copyfileobj(content, file, CHUNK)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise unsafe(path, member, "is there twice, or is a file and a folder") from error


def _safe(path: Path, member: str) -> PurePosixPath:
    name = PurePosixPath(member.replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts or "\0" in member or member[1:3] in (":/", ":\\"):
        raise unsafe(path, member, "points out of the archive")
    return name
