"""Regular files below a folder, and what else lies there; nothing else is ever opened."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from ....data.file_names import decoded_names
from ....errors import InputError
from ..rows import Refused

DEBRIS = frozenset(["__macosx", "thumbs.db", "desktop.ini", "@eadir", "$recycle.bin", "system volume information"])
"""What operating systems leave in folders, in lower case; passed over like hidden files."""
KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a link to a folder that is read already",
}


class File(NamedTuple):
    """A regular file. Its name is relative to the source, with `/`, and text whatever the bytes of its path are."""

    name: str
    path: str
    origin: str = ""
    """Address of the folder that it was downloaded from without the rest; empty where what it names lies beside it."""

    @property
    def folders(self) -> tuple[str, ...]:
        return tuple(self.name.split("/")[:-1])

    @property
    def base(self) -> str:
        return self.name.rsplit("/", 1)[-1]

    @property
    def suffix(self) -> str:
        """Lower case, with the dot; empty when there is none."""
        return os.path.splitext(self.base)[1].lower()


@dataclass
class Found:
    """The files of a source, sorted by name, and what is no regular file among them."""

    files: list[File] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    def below(self, name: str) -> Found:
        """The same, as they are called when all of it lies in a folder of that name."""
        files = [file._replace(name=f"{name}/{file.name}") for file in self.files]
        return Found(files, [Refused(f"{name}/{row.source}", row.kind, row.reason) for row in self.refused])

    def __iadd__(self, other: Found) -> Found:
        self.files += other.files
        self.refused += other.refused
        return self


class Entry(NamedTuple):
    """Something below a folder that is no folder."""

    name: str
    entry: os.DirEntry[str]
    reason: str
    """Why it is not read; empty for a regular file or a link to one."""


def find_files(folder: str) -> Found:
    """The files below a folder.

    Raises:
        InputError: This user may not look into a folder.
    """
    found = Found()
    entries = list(entries_below(folder))
    names = decoded_names([entry.name for entry in entries])
    for name, entry in zip(names, entries, strict=True):
        if entry.reason:
            found.refused.append(Refused(name, "file", entry.reason))
        else:
            found.files.append(File(name, entry.entry.path))
    found.files.sort(key=lambda file: file.name.split("/"))
    return found


def entries_below(folder: str) -> Iterator[Entry]:
    """Everything below a folder but folders, hidden files and debris. Each folder is entered once, links or not."""
    seen = {_identity(os.stat(folder))}
    waiting = [("", folder)]
    while waiting:
        above, path = waiting.pop()
        for entry in _scan(path):
            name = f"{above}{entry.name}"
            if not is_visible(entry.name):
                continue
            if not _is_folder(entry) or not _is_new(entry, seen):
                yield Entry(name, entry, _why_not(entry))
            elif os.access(entry.path, os.R_OK | os.X_OK):
                waiting.append((f"{name}/", entry.path))
            else:
                raise InputError(f"{entry.path} cannot be read", "give this user the right to read it")


def is_visible(name: str) -> bool:
    return not name.startswith(".") and name.lower() not in DEBRIS


def _scan(path: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path) as entries:
            return list(entries)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror})", "give a folder that this user can read"
        ) from error


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _is_new(folder: os.DirEntry[str], seen: set[tuple[int, int]]) -> bool:
    identity = _identity(folder.stat())
    if identity in seen:
        return False
    seen.add(identity)
    return True


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino


def _why_not(entry: os.DirEntry[str]) -> str:
    if entry.is_file(follow_symlinks=False):
        return ""
    try:
        mode = entry.stat().st_mode
    except FileNotFoundError:
        return "a link to nothing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return "" if stat.S_ISREG(mode) else KINDS.get(stat.S_IFMT(mode), "no regular file")
