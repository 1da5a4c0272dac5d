"""Folders: the files in them, images by class, and the splits that folders or files are named after."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from ...errors import InputError
from ...records import Split
from .rows import RawRow, Refused
from .splits import NAMES


def files_below(folder: Path) -> list[PurePosixPath]:
    """Relative names of the files below, sorted, without hidden ones; links to folders are followed once."""
    names: list[PurePosixPath] = []
    seen: set[str] = set()
    for parent, folders, files in os.walk(folder, onerror=_unreadable, followlinks=True):
        real = os.path.realpath(parent)
        folders[:] = [] if real in seen else sorted(name for name in folders if _is_visible(name))
        if real not in seen:
            below = PurePosixPath(os.path.relpath(parent, folder))
            names += [below / name for name in files if _is_visible(name)]
        seen.add(real)
    return sorted(names)


def unwrap(folder: Path) -> Path:
    """The folder that holds an archive's content, below the one that many archives wrap it in."""
    entries = [entry for entry in folder.iterdir() if _is_visible(entry.name)]
    if len(entries) == 1 and entries[0].is_dir() and entries[0].name.lower() not in NAMES:
        inside = [entry for entry in entries[0].iterdir() if _is_visible(entry.name)]
        if any(entry.is_dir() for entry in inside):
            return unwrap(entries[0])
    return folder


def split_folders(names: Sequence[PurePosixPath]) -> bool:
    """Whether the top folders are splits: there is one called train, and no other or another split.

    So a class may be called train, as long as no other is called test.
    """
    tops = {name.parts[0].lower() for name in names if len(name.parts) > 1}
    return "train" in tops and (len(tops) == 1 or bool((tops - {"train"}) & NAMES.keys()))


def split_of(name: PurePosixPath) -> Split | None:
    """The split that the top folder of a file is named after."""
    return NAMES.get(name.parts[0].lower()) if len(name.parts) > 1 else None


def image_rows(root: Path, names: Sequence[PurePosixPath]) -> Iterator[RawRow | Refused]:
    """Images by class: the folder right below the root, or right below a split's folder, is the class."""
    by_split = split_folders(names)
    for name in names:
        split = split_of(name) if by_split else None
        parts = name.parts[1:] if by_split else name.parts
        if by_split and split is None:
            yield Refused(str(name), "not in a folder train, validation or test, as the others are")
        elif len(parts) < 2:
            yield Refused(str(name), "not in the folder of a class")
        else:
            yield RawRow((root / name).read_bytes, parts[0], split, str(name))


def _is_visible(name: str) -> bool:
    return not name.startswith(".") and name != "__MACOSX"


def _unreadable(error: OSError) -> None:
    raise InputError(f"{error.filename} cannot be read ({error.strerror})", "give this user the right to read it")
