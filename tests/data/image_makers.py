"""Small image files of kinds that Pillow reads but does not write."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def noise(height: int, width: int, seed: int = 0) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    width: int, height: int, depth: int, colour: int, pixels: bytes, chunks: bytes = b"", last: bytes = b""
) -> bytes:
    """A PNG of these bytes of pixels, row by row; `colour` is 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    row = len(pixels) // height
    data = zlib.compress(b"".join(b"\0" + pixels[at : at + row] for at in range(0, row * height, row)) if row else b"")
    return b"\x89PNG\r\n\x1a\n" + header + chunks + png_chunk(b"IDAT", data) + last + png_chunk(b"IEND", b"")


def tiff(
    width: int,
    height: int,
    pixels: bytes,
    bits: Sequence[int],
    photometric: int = 1,
    sample_format: int = 1,
    tags: Mapping[int, Sequence[int]] | None = None,
) -> bytes:
    """An uncompressed little-endian TIFF in one strip; all values of its tags are of 16 bits."""
    entries = {
        256: (width,),
        257: (height,),
        258: bits,
        259: (1,),
        262: (photometric,),
        277: (len(bits),),
        278: (height,),
        279: (len(pixels),),
        339: (sample_format,) * len(bits),
        **(tags or {}),
    }
    after = 8 + 2 + 12 * (len(entries) + 1) + 4
    entries[273] = (after + sum(2 * len(values) for values in entries.values() if len(values) > 2),)
    directory, long = b"", b""
    for number, values in sorted(entries.items()):
        value = struct.pack(f"<{len(values)}H", *values)
        if len(value) > 4:
            long += value
            value = struct.pack("<I", after + len(long) - len(value))
        directory += struct.pack("<HHI", number, 3, len(values)) + value.ljust(4, b"\0")
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + directory + struct.pack("<I", 0) + long + pixels
