"""Image files to arrays: upright RGB of one size."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .image_files import loaded, opened, room_for
from .image_modes import eight_bit
from .orientation import upright, upright_size

SUFFIXES = frozenset(
    f".{suffix}" for suffix in "jpg jpeg jpe jfif png apng gif bmp webp tif tiff ppm pgm pbm pnm".split()
)


def decode(content: bytes, size: int) -> np.ndarray:
    """(size, size, 3) uint8 in RGB: turned as EXIF says, over white where transparent, stretched to the square.

    Of several frames or pages the first. Bilinear over the area that a pixel comes from (antialiased). ValueError with
    the reason, in one line, when it cannot be read.
    """
    with opened(content) as image, loaded(image):
        stretched = eight_bit(upright(image)).resize((size, size), Image.Resampling.BILINEAR)
        return np.asarray(stretched.convert("RGB"))


def size_of(content: bytes) -> tuple[int, int]:
    """(width, height) in pixels of the upright image, from its header. ValueError when it cannot be read."""
    with opened(content) as image, room_for(image):  # a PNG may have its EXIF behind the pixels, which Pillow decodes
        return upright_size(image, *image.size)
