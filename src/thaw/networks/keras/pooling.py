"""One vector per image out of a block's activations. The same Keras operations serve here and in the saved model."""

from __future__ import annotations

from typing import Any

from .backend import keras


def pool(activations: Any, class_token: bool, name: str = "pooling") -> Any:
    """(b, h, w, c), (b, tokens, c) or (b, c) to (b, c): the mean over places, or the first token."""
    if len(activations.shape) == 4:
        return keras.layers.GlobalAveragePooling2D(name=name)(activations)
    if len(activations.shape) == 3 and class_token:
        return activations[:, 0]
    if len(activations.shape) == 3:
        return keras.layers.GlobalAveragePooling1D(name=name)(activations)
    return activations
