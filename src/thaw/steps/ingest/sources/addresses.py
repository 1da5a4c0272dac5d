"""What a user names, as addresses: one, several with commas between, or a pattern."""

from __future__ import annotations

import glob
import os
from fnmatch import fnmatch

from .... import storage
from ....errors import InputError

PATTERN = frozenset("*?[")


def addresses(data: str) -> list[str]:
    """The addresses that `data` stands for. A file or folder of just that name is meant before anything else.

    Raises:
        InputError: A pattern fits nothing.
    """
    if os.path.lexists(data):
        return [data]
    parts = [part.strip() for part in data.split(",")]
    if len(parts) > 1 and all(parts):
        return [address for part in parts for address in addresses(part)]
    if not PATTERN & set(data) or ("://" in data and not storage.is_remote(data)):
        return [data]
    found = _matching_objects(data) if storage.is_remote(data) else sorted(glob.glob(data, recursive=True))
    if not found:
        raise InputError(f"no file fits {data}", "correct the pattern")
    return found


def _matching_objects(pattern: str) -> list[str]:
    """Objects of a bucket that fit a pattern; a star does not go over a slash."""
    fixed = pattern[: min(pattern.index(sign) for sign in PATTERN if sign in pattern)].rpartition("/")[0]
    names = [storage.join(fixed, name) for name in storage.listing(fixed)]
    return [name for name in names if name.count("/") == pattern.count("/") and fnmatch(name, pattern)]
