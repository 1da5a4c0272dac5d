"""Augmentation: a random crop, mirrored half of the time (Szegedy et al. 2015, He et al. 2016)."""

from __future__ import annotations

import math
from typing import Any

from .backend import tf

MIN_AREA = 0.5
"""Share of the image's area. With 0.08, as from scratch on ImageNet, few images would still show their subject."""
MAX_ASPECT = 4 / 3
"""Ratio of a crop's sides, either way."""


def random_resized_crops(images: Any, seed: Any) -> Any:
    """One crop of each image, (rows, size, size, 3) in float32; the same for the same seed, of two integers."""
    rows, size = images.shape[0], images.shape[1]
    area, aspect, top, left, mirror = tf.unstack(tf.random.stateless_uniform((5, rows), seed))
    area, aspect = MIN_AREA + (1 - MIN_AREA) * area, tf.exp((2 * aspect - 1) * math.log(MAX_ASPECT))
    height, width = tf.minimum(tf.sqrt(area / aspect), 1.0), tf.minimum(tf.sqrt(area * aspect), 1.0)
    top, left = top * (1 - height), left * (1 - width)
    right = left + width
    left, right = tf.where(mirror < 0.5, right, left), tf.where(mirror < 0.5, left, right)
    boxes = tf.stack([top, left, top + height, right], axis=1)
    return tf.image.crop_and_resize(tf.cast(images, tf.float32), boxes, tf.range(rows), (size, size))
