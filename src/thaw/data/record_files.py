"""Records of TFRecord files, with their checksums, without TensorFlow.

A record is its length (8 bytes, little-endian), the masked CRC-32C of these, the content, and that of the content.
See tensorflow.org/tutorials/load_data/tfrecord.
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, cast

import google_crc32c

from ..errors import InputError
from .bounds import Bounded, explained_damage

MAX_RECORD_BYTES = 2**28
HEADER = struct.Struct("<QI")
CHECKSUM = struct.Struct("<I")


def begins_with_record(path: Path) -> bool:
    """Whether a file begins with the length of a record, and its checksum."""
    with open(path, "rb") as file:
        head = file.read(HEADER.size)
    return len(head) == HEADER.size and _masked_checksum(head[:8]) == CHECKSUM.unpack(head[8:])[0]


def records(path: Path, name: str) -> Iterator[bytes | None]:
    """The content of each record; None for one whose bytes have changed.

    Raises:
        InputError: The file ends within a record, or a length has changed, so that no further one is found.
    """
    plain = begins_with_record(path)
    with explained_damage(path), open(path, "rb") as file, _decompressed(file, plain) as opened:
        stream = Bounded(path, opened, file.tell)
        number = 0
        while head := _exactly(stream, HEADER.size, name, number):
            number += 1
            yield _content(stream, head, name, number)


def _decompressed(file: IO[bytes], plain: bool) -> AbstractContextManager[IO[bytes]]:
    return nullcontext(file) if plain else cast(AbstractContextManager[IO[bytes]], gzip.GzipFile(fileobj=file))


def _content(stream: Bounded, head: bytes, name: str, number: int) -> bytes | None:
    length, checksum = HEADER.unpack(head)
    if _masked_checksum(head[:8]) != checksum:
        raise _damaged(name, number, "its length has another checksum")
    if length > MAX_RECORD_BYTES:
        raise _damaged(name, number, f"it is longer than {MAX_RECORD_BYTES:,} bytes")
    content = _exactly(stream, length + CHECKSUM.size, name, number)
    if not content:
        raise _damaged(name, number, "the file ends before it")
    return content[:length] if _masked_checksum(content[:length]) == CHECKSUM.unpack(content[length:])[0] else None


def _exactly(stream: Bounded, size: int, name: str, number: int) -> bytes:
    """So many bytes; none at the end of the file."""
    parts = [stream.read(size)]
    while parts[-1] and sum(map(len, parts)) < size:
        parts.append(stream.read(size - sum(map(len, parts))))
    data = b"".join(parts)
    if data and len(data) < size:
        raise _damaged(name, number, "the file ends within it")
    return data


def _damaged(name: str, number: int, why: str) -> InputError:
    return InputError(f"{name} is damaged at record {number} ({why})", "write the file again")


def _masked_checksum(data: bytes) -> int:
    checksum = int(google_crc32c.value(data))
    return ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF
