"""The same network for pictures of another size."""

from __future__ import annotations

import copy
from typing import Any

from .backend import keras


def has_attention(backbone: Any) -> bool:
    return any("Attention" in type(layer).__name__ for layer in backbone._flatten_layers())


def own_size(backbone: Any) -> int | None:
    """Pixels a side that its input is fixed to."""
    return backbone.inputs[0].shape[1]


def resized(backbone: Any, size: int) -> Any | None:
    """A network with the same weights for pictures of `size`, or None where its weights belong to one size."""
    if own_size(backbone) in (None, size):
        return backbone
    try:
        other = type(backbone).from_config(_with_size(backbone.get_config(), size))
        if [w.shape for w in other.weights] != [w.shape for w in backbone.weights]:
            return None
        other.set_weights(backbone.get_weights())
    except (TypeError, ValueError):  # what Keras raises for shapes that do not fit
        return None
    return other


def _with_size(config: dict[str, Any], size: int) -> dict[str, Any]:
    config = copy.deepcopy(config)
    if "image_shape" in config:
        return config | {"image_shape": (size, size, 3)}
    for layer in config["layers"]:
        if layer["class_name"] == keras.layers.InputLayer.__name__:
            layer["config"]["batch_shape"] = (None, size, size, 3)
    return config
