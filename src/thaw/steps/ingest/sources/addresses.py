"""What a user names, as addresses: one, several with commas between, or a pattern."""

from __future__ import annotations

import glob
import itertools
import os
import re
from collections.abc import Iterator
from fnmatch import fnmatch

from .... import storage
from ....errors import InputError
from ....storage import drivers

PATTERN = frozenset("*?[")
BRACES = re.compile(r"\{([^{}]*)\}")
MAX_ADDRESSES = 100_000


def addresses(data: str) -> list[str]:
    """The addresses that `data` stands for. A file or folder of just that name is meant before anything else.

    `a,b` are two, `x-{000..003}.tar` four, `x-{a,b}.csv` two, and `data/*.csv` are those that fit.

    Raises:
        InputError: A pattern fits nothing, or there is no text.
    """
    if os.path.lexists(data):
        return [data]
    if not data.strip():
        raise InputError("no data is named", "give a path or an address")
    if data.lower().startswith("file://"):
        return addresses(data[len("file://") :])
    found = [address for part in _parts(data) for expanded in _expanded(part) for address in _fitting(expanded)]
    if len(found) > MAX_ADDRESSES:
        raise InputError(f"{data} stands for {len(found):,} addresses", "give the folder that they are in")
    return list(dict.fromkeys(found))


def _parts(data: str) -> list[str]:
    """What stands between commas outside of braces; in an address, a comma separates it from another one alone."""
    comma = r",(?=\s*[A-Za-z][A-Za-z0-9+.-]*://)" if "://" in data else r",(?![^{}]*\})"
    parts = [part.strip() for part in re.split(comma, data)]
    return [data] if len(parts) == 1 else [part for part in parts if part]


def _expanded(part: str) -> Iterator[str]:
    """The addresses that braces stand for, `{000..003}` and `{a,b}`; all others stay as they are."""
    found = BRACES.search(part)
    choices = _choices(found[1]) if found and not os.path.lexists(part) else None
    if found is None or choices is None:
        yield part
        return
    for choice in choices:
        yield from _expanded(f"{part[: found.start()]}{choice}{part[found.end() :]}")


def _choices(braces: str) -> list[str] | None:
    numbers = re.fullmatch(r"(\d+)\.\.(\d+)", braces)
    if not numbers:
        return braces.split(",") if "," in braces else None
    width = len(numbers[1]) if numbers[1].startswith("0") or len(numbers[1]) == len(numbers[2]) else 0
    counted = range(int(numbers[1]), int(numbers[2]) + 1)
    return [f"{number:0{width}}" for number in itertools.islice(counted, MAX_ADDRESSES + 1)]


def _fitting(address: str) -> list[str]:
    """The files that a pattern fits; an address itself where it is none."""
    web = address.lower().startswith(("http://", "https://"))
    if os.path.lexists(address) or web or not PATTERN & set(address):
        return [address]
    if drivers.has_scheme(address):
        found = drivers.fitting(address)
    else:
        found = _objects(address) if storage.is_remote(address) else glob.glob(address, recursive=True)
    if not found:
        raise InputError(f"no file fits {address}", "correct the pattern")
    return sorted(found)


def _objects(pattern: str) -> list[str]:
    """Objects of a bucket that fit a pattern; a star does not go over a slash."""
    fixed = pattern[: min(pattern.index(sign) for sign in PATTERN if sign in pattern)].rpartition("/")[0]
    names = [storage.join(fixed, name) for name in storage.listing(fixed)]
    return [name for name in names if name.count("/") == pattern.count("/") and fnmatch(name, pattern)]
