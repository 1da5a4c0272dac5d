"""Image files to arrays: upright RGB of one size."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .image_files import IN_FLIGHT, loaded, opened, pixels_of
from .image_modes import upright
from .orientation import upright_size

SUFFIXES = frozenset(
    [".jpg", ".jpeg", ".jfif", ".png", ".apng", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm"]
)


def decode(content: bytes, size: int) -> np.ndarray:
    """(size, size, 3) uint8 in RGB: turned as EXIF says, over white where transparent, stretched to the square.

    Of several frames or pages the first. Bilinear over the area that a pixel comes from (antialiased). ValueError with
    the reason, in one line, when it cannot be read.
    """
    with opened(content) as image, loaded(image, pixels_of(image)):
        stretched = upright(image).resize((size, size), Image.Resampling.BILINEAR)
        return np.asarray(stretched.convert("RGB"))


def size_of(content: bytes) -> tuple[int, int]:
    """(width, height) in pixels of the upright image, from its header. ValueError when it cannot be read."""
    # A PNG may have its EXIF behind the pixels: Pillow decodes them to look.
    with opened(content) as image, IN_FLIGHT.room_for(pixels_of(image)):
        return upright_size(image, *image.size)
