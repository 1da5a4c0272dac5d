"""A backbone and its head as one plain Keras model from pixels to logits, and such a model taken apart again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...records import Preprocessing
from .backend import keras
from .blocks import block_outputs
from .head import apply_layers
from .pooling import pool
from .preprocessing import normalisation


@dataclass(frozen=True)
class Classifier:
    """What the plain model is built from."""

    backbone: Any
    head: list[Any]
    """Keras layers."""
    depths: tuple[int, ...]
    """Depths whose pooled activations the head reads side by side; a single one is the last."""
    class_token: bool
    preprocessing: Preprocessing


def pixels_to_logits(classifier: Classifier) -> Any:
    """(n, size, size, 3) pixels in 0–255 to (n, classes) logits: any Keras user can load it and predict."""
    size = classifier.preprocessing.input_size
    pixels = keras.Input((size, size, 3), name="pixels")
    x = normalisation(classifier.preprocessing)(pixels)
    backbone = with_outputs_at(classifier.backbone, classifier.depths)
    outputs = backbone(dict.fromkeys(backbone.input, x) if isinstance(backbone.input, dict) else x)
    return keras.Model(pixels, apply_layers(classifier.head, pooled(classifier, outputs)), name="classifier")


def with_outputs_at(backbone: Any, depths: tuple[int, ...]) -> Any:
    """The backbone, with an output for each of several depths."""
    if len(depths) == 1:
        return backbone
    tensors = block_outputs(backbone)
    return keras.Model(backbone.input, [tensors[depth - 1] for depth in depths], name=backbone.name)


def pooled(classifier: Classifier, outputs: Any) -> Any:
    """What the head takes. Of several depths only the last can be read by its class token."""
    if len(classifier.depths) == 1:
        return pool(outputs, classifier.class_token)
    last = len(block_outputs(classifier.backbone))
    features = [
        pool(output, classifier.class_token and depth == last, f"pooling_{depth}")
        for depth, output in zip(classifier.depths, outputs, strict=True)
    ]
    return keras.layers.Concatenate(name="depths")(features)


def parts(model: Any) -> tuple[Any, list[Any], list[Any]]:
    """The backbone of such a model, the tensors that its head reads, and the head's layers."""
    inner = next(layer for layer in model.layers if isinstance(layer, keras.Model))
    backbone = keras.Model(inner.input, inner.outputs[-1], name=inner.name) if len(inner.outputs) > 1 else inner
    return backbone, inner.outputs, [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
