"""Limits on what an archive may become: bytes for each byte that was read of it, members, and the length of names."""

from __future__ import annotations

import errno
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ..errors import InputError

MAX_RATIO = 250
"""Bytes out for each byte in. Tables shrink to a tenth, black images to a fiftieth, bombs to a thousandth."""
MIN_BOMB_BYTES = 2**26
"""What is smaller than this cannot harm, whatever its ratio."""
MAX_MEMBERS = 2_000_000
MAX_NAME_BYTES = 1024
DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    ValueError,
    RuntimeError,
    OverflowError,
)
"""What the readers of archives and of compressed streams raise on bytes that are none."""


class Bounded:
    """A decompressed stream that ends in an InputError when it grows out of measure."""

    def __init__(self, path: Path, stream: IO[bytes], consumed: Callable[[], int]) -> None:
        self._path, self._stream, self._consumed, self._produced = path, stream, consumed, 0

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._produced += len(data)
        check_ratio(self._path, self._produced, self._consumed())
        return data


def check_ratio(path: Path, produced: int, consumed: int) -> None:
    """InputError where a few bytes become very many."""
    if produced > MIN_BOMB_BYTES and produced > MAX_RATIO * consumed:
        what = f"{path} is unsafe: {consumed:,} bytes of it unpack to more than {produced - 1:,}"
        raise InputError(what, "unpack it yourself if you trust it, and give the folder")


def check_member(path: Path, number: int, name: str) -> None:
    """InputError where an archive has too many members, or a name is too long."""
    if number >= MAX_MEMBERS:
        raise InputError(f"{path} has more than {MAX_MEMBERS:,} members", "pack the rows as tables or shards")
    longest = max(len(part.encode("utf-8", "surrogateescape")) for part in name.split("/"))
    if longest > 255 or len(name.encode("utf-8", "surrogateescape")) > MAX_NAME_BYTES:
        raise unsafe(path, name[:40] + "…", "has a name that is too long")


@contextmanager
def explained_damage(path: Path) -> Iterator[None]:
    """Turn what the readers raise on damaged bytes into an InputError."""
    try:
        yield
    except InputError:
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise InputError(f"{path} unpacks to more than there is room for", "free space on the disk") from error
        if error.errno is not None and error.errno not in (errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.EINVAL):
            raise
        raise damaged(path, error) from error
    except DAMAGED as error:
        raise damaged(path, error) from error


def damaged(path: Path, why: object) -> InputError:
    """The error for an archive that cannot be read to its end."""
    return InputError(f"{path} is damaged ({str(why) or type(why).__name__})", "make the archive again")


def unsafe(path: Path, member: str, why: str) -> InputError:
    """The error for an archive with a member that is no plain file below it."""
    return InputError(f"{path} is unsafe: its member {member!r} {why}", "make the archive again from plain files")
