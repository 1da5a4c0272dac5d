"""Preprocessing of images: what the network was pretrained on, and how large the picture should be."""

from __future__ import annotations

import math
from typing import Any

from ...records import Preprocessing
from .backend import keras

MIN_SIZE, STRIDE, DEFAULT_SIZE = 96, 32, 224
"""Convolutional networks halve the picture five times, hence multiples of 32; below 96 little is left at the top."""


def image_preprocessing(size: int, mean: tuple[float, ...], scale: tuple[float, ...]) -> Preprocessing:
    return Preprocessing(
        modality="image", input_size=size, mean=mean, scale=scale, layout="channels_last", resize="bilinear"
    )


def from_converter(converter: Any, native: int) -> Preprocessing:
    """A KerasHub preset's image converter, `pixels * scale + offset`, as `(pixels - mean) / scale`."""
    factor, offset = (
        _by_channel(getattr(converter, "scale", None), 1.0),
        _by_channel(getattr(converter, "offset", None), 0.0),
    )
    mean = tuple(-o / f for o, f in zip(offset, factor, strict=True))
    return image_preprocessing(native, mean, tuple(1 / f for f in factor))


def normalisation(preprocessing: Preprocessing) -> Any:
    """A standard Keras layer that normalises pixels in 0–255, of any number type."""
    pairs = list(zip(preprocessing.mean or (0.0,) * 3, preprocessing.scale or (1.0,) * 3, strict=True))
    return keras.layers.Rescaling(
        scale=[1 / scale for _, scale in pairs], offset=[-mean / scale for mean, scale in pairs], name="normalisation"
    )


def fitting_size(extent: float | None, native: int) -> int:
    """The multiple of 32, from 96 to the network's own size, that shows rows of `extent` pixels whole.

    >>> fitting_size(28, 224), fitting_size(130, 224), fitting_size(3000, 224)
    (96, 160, 224)
    """
    if extent is None:
        return native
    return min(native, max(MIN_SIZE, STRIDE * math.ceil(extent / STRIDE)))


def _by_channel(value: Any, default: float) -> tuple[float, ...]:
    if value is None:
        return (default,) * 3
    values = [float(v) for v in value] if hasattr(value, "__len__") else [float(value)] * 3
    return tuple(values)
