"""SHA-256 of contents, and where each lies in [0, 1), which decides its split.

This file is also a program that hashes what comes on its standard input: Python holds its lock while it hashes short
texts, so a million of them are hashed by processes. It imports the standard library alone, and starts in no time.
"""

from __future__ import annotations

import hashlib
import sys
from array import array

SALT = b"thaw splits 1\0"
"""Spreads ids anew that were chosen for another use. Another salt would move rows between splits."""


def position(digest: bytes) -> float:
    """Where a content with this SHA-256 lies in [0, 1), for good.

    >>> round(position(hashlib.sha256(b"a text").digest()), 6)
    0.594688
    """
    return int.from_bytes(hashlib.sha256(SALT + digest).digest()[:8], "big") / 2**64


def digests(data: bytes | memoryview, lengths: array[int]) -> bytes:
    """SHA-256 of values that lie in `data` one after the other, then of those with SALT; 32 bytes each."""
    sha256, start, ids = hashlib.sha256, 0, []
    for length in lengths:
        end = start + length
        ids.append(sha256(data[start:end]).digest())
        start = end
    return b"".join(ids) + b"".join([sha256(SALT + digest).digest() for digest in ids])


def main() -> None:
    """Answer requests: the number of values and their lengths as int64, then the values."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while header := source.read(8):
        lengths = array("q", source.read(8 * int.from_bytes(header, sys.byteorder)))
        sink.write(digests(source.read(sum(lengths)), lengths))
        sink.flush()


if __name__ == "__main__":
    main()
