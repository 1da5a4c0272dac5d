"""Bytes of a text file, unpacked where it is compressed, in blocks of whole lines."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import pyarrow as pa

from ....errors import InputError
from .chunks import MAX_CHUNK

MAX_LINE = 64 * 2**20
"""Bytes of one line; more is no text."""
MAX_RATIO, MIN_BOMB = 250, 2**28
"""Unpacked bytes to packed ones, where more than MIN_BOMB are unpacked: 5 for prose, some 100 for a table of zeros."""
DAMAGED = (EOFError, zlib.error, lzma.LZMAError, OSError, ValueError)


@contextmanager
def opened(path: Path, compression: str) -> Iterator[IO[bytes]]:
    """The file's bytes, unpacked."""
    if compression == "zstd":
        with pa.input_stream(str(path), compression="zstd") as stream:
            yield cast(IO[bytes], stream)
        return
    how: dict[str, Callable[..., Any]] = {"gzip": gzip.open, "bz2": bz2.open, "xz": lzma.open, "": open}
    with how[compression](path, "rb") as file:
        yield cast(IO[bytes], file)


def raw_blocks(path: Path, name: str, compression: str, size: int = MAX_CHUNK) -> Iterator[bytes]:
    """All bytes, `size` at a time.

    Raises:
        InputError: The file is damaged, or unpacks to too much.
    """
    room = max(MIN_BOMB, MAX_RATIO * path.stat().st_size) if compression else None
    try:
        with opened(path, compression) as file:
            while block := file.read(size):
                room = None if room is None else room - len(block)
                if room is not None and room < 0:
                    raise InputError(f"{name} unpacks to more than {MAX_RATIO} times its size", "unpack it first")
                yield block
    except (PermissionError, FileNotFoundError, InputError):
        raise
    except DAMAGED as error:
        raise InputError(f"{name} is damaged ({error})", "write the file again") from error


def line_blocks(blocks: Iterator[bytes], name: str) -> Iterator[bytes]:
    """The same bytes, each block but the last ending with a line.

    Raises:
        InputError: A line has no end.
    """
    rest: list[bytes] = []
    for block in blocks:
        cut = last_line_end(block)
        if cut == 0:
            rest.append(block)
            if sum(map(len, rest)) > MAX_LINE:
                raise InputError(f"{name} has a line of more than {MAX_LINE // 2**20} MB", "give a table with rows")
            continue
        yield b"".join([*rest, block[:cut]])
        rest = [block[cut:]]
    if any(rest):
        yield b"".join(rest)


def last_line_end(block: bytes) -> int:
    """Where the last whole line ends; 0 when none does. A carriage return at the very end may be half an end.

    >>> last_line_end(b"a\\nb"), last_line_end(b"a\\rb\\r"), last_line_end(b"ab")
    (2, 2, 0)
    """
    return max(block.rfind(b"\n"), block.rfind(b"\r", 0, len(block) - 1)) + 1


def character_blocks(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, no block ending within a character of UTF-8."""
    rest = b""
    for block in blocks:
        whole = rest + block
        cut = next((at for at in range(len(whole) - 1, max(-1, len(whole) - 4), -1) if whole[at] >= 0xC0), len(whole))
        cut = len(whole) if any(byte < 0x80 for byte in whole[cut:]) else cut
        yield whole[:cut]
        rest = whole[cut:]
    if rest:
        yield rest
