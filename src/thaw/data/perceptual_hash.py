"""Hash of what a picture shows: few bits differ where it was compressed again, resized or slightly changed.

The cosine transform of the picture in 32 × 32 greys; of its lowest 8 × 8 frequencies, a bit says whether each is above
their median (Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions, 2010). The bit of the mean is
0. On small pictures of few shapes, different ones come close: `thumbnails.same_picture` tells them apart.
"""

from __future__ import annotations

import numpy as np

SIDE = 32
FREQUENCIES = 8
ROUNDING = 0.5
"""Coefficients below this are none: otherwise a blank picture would hash its rounding errors."""
COSINES = np.cos(np.pi / SIDE * np.outer(np.arange(FREQUENCIES), np.arange(SIDE) + 0.5)) * np.sqrt(2 / SIDE)
"""Rows of the cosine transform of type II."""
LUMA = np.array([0.299, 0.587, 0.114])
"""Shares of red, green and blue in grey (ITU-R BT.601), as in JPEG."""


def perceptual_hash(small: np.ndarray) -> int:
    """64 bits, of a picture of (SIDE, SIDE, 3) uint8; two pictures are as different as the number of bits that differ.

    >>> perceptual_hash(np.full((SIDE, SIDE, 3), 200, np.uint8))
    0
    """
    low = (COSINES @ (small @ LUMA) @ COSINES.T).ravel()
    low[np.abs(low) < ROUNDING] = 0
    bits = low > np.sort(low[1:])[len(low) // 2 - 1]  # the median: np.median takes ten times as long
    bits[0] = False
    return int.from_bytes(np.packbits(bits).tobytes())
