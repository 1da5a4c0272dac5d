"""The same network for pictures of another size."""

from __future__ import annotations

from typing import Any

from .backend import keras


def own_size(backbone: Any) -> int | None:
    """Pixels a side that its input is fixed to."""
    return backbone.inputs[0].shape[1]


def resized(backbone: Any, size: int) -> Any | None:
    """A network with the same weights for pictures of `size`, or None where its weights belong to one size."""
    if own_size(backbone) in (None, size):
        return backbone
    try:
        other = _rebuilt(backbone, size)
        if [w.shape for w in other.weights] != [w.shape for w in backbone.weights]:
            return None
        other.set_weights(backbone.get_weights())
    except (TypeError, ValueError):  # what Keras raises for shapes that do not fit
        return None
    return other


def _rebuilt(backbone: Any, size: int) -> Any:
    """KerasHub's networks are built for an `image_shape`; a plain Keras model is cloned onto another input."""
    config = backbone.get_config()
    if "image_shape" in config:
        return type(backbone).from_config(config | {"image_shape": (size, size, 3)})
    layer = next(layer for layer in backbone.layers if isinstance(layer, keras.layers.InputLayer))
    pixels = keras.Input((size, size, 3), dtype=layer.dtype, name=layer.name)
    return keras.models.clone_model(backbone, input_tensors=pixels)
