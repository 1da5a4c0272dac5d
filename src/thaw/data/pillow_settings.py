"""What is set in Pillow for the whole process: what it may print, and how it takes memory."""

from __future__ import annotations

import ctypes
import logging
import os
import warnings

from PIL import _imaging

BLOCK_BYTES = 2**30
"""An image lies in blocks of at most so many bytes: in one. The allocator of glibc gives blocks above 32 MiB back at
once. Smaller ones it keeps for the thread that had them, so that each thread would hold an image of the largest size.
"""


def apply() -> None:
    """An image is read, or refused with a reason: odd metadata is no concern of who reads the terminal."""
    # A filter for good, because warnings.catch_warnings is not safe in threads.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    logging.getLogger("PIL").addHandler(logging.NullHandler())
    silence_libtiff()
    set_block_bytes()


def silence_libtiff() -> None:
    """libtiff writes to the terminal by itself; it is left alone where it cannot be found in Pillow."""
    try:
        library = ctypes.CDLL(_imaging.__file__)
        handlers = (library.TIFFSetErrorHandler, library.TIFFSetWarningHandler)
    except (AttributeError, OSError):
        return
    for handler in handlers:
        handler.argtypes, handler.restype = [ctypes.c_void_p], ctypes.c_void_p
        handler(None)


def set_block_bytes() -> None:
    """As the variable PILLOW_BLOCK_SIZE, which Pillow reads before."""
    if not os.environ.get("PILLOW_BLOCK_SIZE"):
        _imaging.set_block_size(BLOCK_BYTES)
