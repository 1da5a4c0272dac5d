"""The classifier on top: dropout, then dense layers with ReLU between them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...heads.head import Head
from .backend import keras


def dense_layers(head: Head) -> list[Any]:
    """Keras layers with the head's weights; the last is called "logits"."""
    result = []
    for place, (weights, bias) in enumerate(head.layers):
        last = place == len(head.layers) - 1
        layer = keras.layers.Dense(
            weights.shape[1], activation=None if last else "relu", name="logits" if last else f"hidden_{place}"
        )
        layer.build((None, weights.shape[0]))
        layer.set_weights([np.asarray(weights, np.float32), np.asarray(bias, np.float32)])
        result.append(layer)
    return result


def apply_layers(layers: list[Any], features: Any) -> Any:
    for layer in layers:
        features = layer(features)
    return features


def scale(layers: list[Any], factor: float) -> None:
    """Multiply what the last layer gives."""
    layers[-1].set_weights([weight * factor for weight in layers[-1].get_weights()])
