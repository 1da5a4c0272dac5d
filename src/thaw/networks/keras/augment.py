"""Other views of the same images: a random crop, mirrored half of the time (Szegedy et al. 2015, He et al. 2016)."""

from __future__ import annotations

import math
from typing import Any

from .backend import tf

SMALLEST = 0.5
"""Share of the area. With 0.08, as from scratch on ImageNet, few fine-tuning images would still show their subject."""
ASPECT = 4 / 3
"""Of a crop's sides, at most, either way."""


def views(images: Any, seed: Any) -> Any:
    """(b, size, size, 3) in float32, one view of each image; the same for the same seed, of two integers."""
    rows, size = images.shape[0], images.shape[1]
    area, aspect, top, left, mirror = tf.unstack(tf.random.stateless_uniform((5, rows), seed))
    area, aspect = SMALLEST + (1 - SMALLEST) * area, tf.exp((2 * aspect - 1) * math.log(ASPECT))
    height, width = tf.minimum(tf.sqrt(area / aspect), 1.0), tf.minimum(tf.sqrt(area * aspect), 1.0)
    top, left = top * (1 - height), left * (1 - width)
    right = left + width
    left, right = tf.where(mirror < 0.5, right, left), tf.where(mirror < 0.5, left, right)
    boxes = tf.stack([top, left, top + height, right], axis=1)
    return tf.image.crop_and_resize(tf.cast(images, tf.float32), boxes, tf.range(rows), (size, size))
