"""SHA-256 of the files of a folder, and of the folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path


def of_files(folder: Path) -> dict[str, str]:
    """Relative POSIX path of each file, recursively and sorted, and the hex digest of its content."""
    files = sorted((path.relative_to(folder).as_posix(), path) for path in folder.rglob("*") if path.is_file())
    return {name: _digest(path) for name, path in files}


def of_folder(files: Mapping[str, str]) -> str:
    """One digest over names and contents: that of the listing which `sha256sum` prints for the sorted names."""
    listing = "".join(f"{files[name]}  {name}\n" for name in sorted(files))
    return hashlib.sha256(listing.encode()).hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
