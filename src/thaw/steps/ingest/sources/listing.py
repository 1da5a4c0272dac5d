"""Listings of sources: how many files there are, and whether any has changed, without reading one."""

from __future__ import annotations

import hashlib
import os

from .... import storage
from ....errors import InputError
from ....storage import drivers
from .addresses import addresses
from .files import Entry, entries_below


def listing_fingerprint(data: str) -> str | None:
    """A hash over names, sizes and times or generations of all files; None where they are not known without reading."""
    digest = hashlib.sha256()
    try:
        for address in addresses(data):
            lines = _lines(address)
            if lines is None:
                return None
            digest.update("\n".join(sorted(lines)).encode(errors="surrogateescape") + b"\0")
    except (InputError, OSError, ValueError):  # opening the source says what is wrong
        return None
    return digest.hexdigest()


def file_count(data: str) -> int:
    """Files of the source as far as they are listed: 1 for a file, 0 where it is not known."""
    try:
        return sum(len(_lines(address) or []) for address in addresses(data))
    except (InputError, OSError, ValueError):
        return 0


def _lines(address: str) -> list[str] | None:
    """A line for each file below an address."""
    if drivers.has_scheme(address):
        return drivers.versions(address)
    if storage.is_remote(address):
        from ....storage import gcs  # google.cloud takes a second to import, and most runs are local

        return gcs.versions(address)
    if os.path.isdir(address):
        return [_line_of(entry) for entry in entries_below(address)]
    return [_line(os.path.basename(address), os.stat(address))]


def _line_of(entry: Entry) -> str:
    return f"{entry.name}\0{entry.reason}" if entry.reason else _line(entry.name, entry.entry.stat())


def _line(name: str, found: os.stat_result) -> str:
    """A line that no change leaves as it was: the time of the last change of its state cannot be set by hand."""
    return f"{name}\0{found.st_size}\0{found.st_mtime_ns}\0{found.st_ctime_ns}"
