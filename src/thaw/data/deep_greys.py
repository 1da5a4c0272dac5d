"""Greys of more than 8 bits, and of floats, as bytes: Pillow's own conversion clips them at 255.

What white is, is said by the format or, where that says nothing, by the largest value of the image. A float image a
little above (a resampled one overshoots) is clipped; what has a value that is no grey is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from .image_strips import strips
from .tiff import BITS, PHOTOMETRIC, WHITE_IS_ZERO, tag

FLOAT_WHITES = (1, 255, 65_535)
"""What white may be in an image of floats."""
INTEGER_WHITES = (255, 65_535, 2**31 - 1)
"""What it may be in one of 32-bit integers."""
OVERSHOOT = 0.1
"""Share of white by which floats may lie above it, or below black."""


def grey_bytes(image: Image.Image) -> Image.Image:
    """An image of mode I;16, I or F in mode L.

    Raises:
        ValueError: It has values that are no grey.
    """
    white = _white(image)
    grey = Image.new("L", image.size)
    for box in strips(image.size):
        grey.paste(Image.fromarray(_scaled(image.crop(box), white, tag(image, PHOTOMETRIC) == WHITE_IS_ZERO)), box)
    return grey


def _scaled(image: Image.Image, white: int, white_is_zero: bool) -> np.ndarray:
    values = np.asarray(image)
    scaled = np.round(np.clip(values, 0, white) * (255 / white)).astype(np.uint8)
    if white_is_zero:  # which Pillow heeds at 8 bits alone
        scaled = 255 - scaled
    if isinstance(key := image.info.get("transparency"), int):
        scaled[values == key] = 255
    return scaled


def _white(image: Image.Image) -> int:
    if image.mode.startswith("I;16"):
        return 4095 if tag(image, BITS) == 12 else 65_535
    low, high = _range(image)
    slack = OVERSHOOT if image.mode == "F" else 0.0
    white = next((white for white in _whites(image) if high <= white * (1 + slack)), None)
    if white is None or low < -slack * white:
        raise ValueError(f"its values from {low:g} to {high:g} are no greys from 0 to 1, 255 or 65535")
    return white


def _whites(image: Image.Image) -> Sequence[int]:
    if image.mode == "F":
        return FLOAT_WHITES
    if image.format == "PPM":  # which Pillow scales
        return (65_535,)
    return (2**15 - 1,) if tag(image, BITS) == 16 else INTEGER_WHITES


def _range(image: Image.Image) -> tuple[float, float]:
    """Least and largest value."""
    parts = (np.asarray(image.crop(box)) for box in strips(image.size))
    low, high = np.transpose([(part.min(), part.max()) for part in parts])
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        raise ValueError("some of its values are infinite or no numbers")
    return float(low.min()), float(high.max())
