"""Thumbnails that settle whether two pictures with alike perceptual hashes are copies of one."""

from __future__ import annotations

import numpy as np
from PIL import Image

SIDE = 8
THUMBNAIL_BYTES = SIDE * SIDE * 3
NOISE = 2.0
"""Levels of 255 by which a thumbnail may differ for nothing: compression, rounding."""
MAX_UNLIKE = 0.006
"""1 minus the correlation of two copies' thumbnails, at most: 99 of 100 photos compressed again or resized lie below
0.002, 95 of 100 cut by 2% at 0.005; of 10,660 pairs of different Fashion-MNIST images with alike hashes, 99% above
0.008."""


def thumbnail(small: Image.Image) -> bytes:
    """THUMBNAIL_BYTES of a small RGB image."""
    return small.resize((SIDE, SIDE), Image.Resampling.BOX).tobytes()


def same_picture(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(n,) bool for (n, THUMBNAIL_BYTES) uint8 of each: the same but for brightness, contrast and noise.

    Brightness may differ as far as the contrast lets one see that it is the same picture.
    """
    a, b = (values.astype(np.float64) for values in (one, other))
    mean_a, mean_b = a.mean(1), b.mean(1)
    a, b = a - mean_a[:, None], b - mean_b[:, None]
    var_a, var_b = (a * a).mean(1), (b * b).mean(1)
    unlike = 1 - ((a * b).mean(1) + NOISE**2) / np.sqrt((var_a + NOISE**2) * (var_b + NOISE**2))
    contrast = np.sqrt(np.minimum(var_a, var_b))
    return (unlike <= MAX_UNLIKE) & (np.abs(mean_a - mean_b) <= 2 * (NOISE + contrast))
