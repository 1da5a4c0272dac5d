"""Contents of regular files, read when it is their turn."""

from __future__ import annotations

import os
import stat

MAX_FILE_BYTES = 2**28
"""A quarter of a gigabyte for one image: several are read at a time."""


def read_file(path: str) -> bytes:
    """The content of a regular file. OSError, or ValueError with the reason; never waits for a writer of a pipe."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise ValueError("no regular file")
        if found.st_size > MAX_FILE_BYTES:
            raise ValueError(f"a file of {found.st_size:,} bytes is too large (at most {MAX_FILE_BYTES:,})")
        return file.read()
