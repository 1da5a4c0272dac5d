"""SHA-256 of files and of whole folders."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path


def file_checksums(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder, as hex digits by relative POSIX path, sorted by path."""
    files = sorted((path.relative_to(folder).as_posix(), path) for path in folder.rglob("*") if path.is_file())
    return {name: file_checksum(path) for name, path in files}


def folder_checksum(files: Mapping[str, str]) -> str:
    """SHA-256 over the names and checksums of files: that of the listing `sha256sum` prints for the sorted names.

    >>> folder_checksum({"b": "02", "a": "01"}) == folder_checksum({"a": "01", "b": "02"})
    True
    """
    listing = "".join(f"{files[name]}  {name}\n" for name in sorted(files))
    return hashlib.sha256(listing.encode()).hexdigest()


def file_checksum(path: Path) -> str:
    """SHA-256 of one file, as hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
