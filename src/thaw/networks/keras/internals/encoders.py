"""Encoders that Keras sees as one layer, taken apart into the layers within, so that blocks can be cut between them.

KerasHub's vision transformers keep all their blocks in a single layer. Where they show what lies between (DINO's
`pyramid_outputs`), the graph still cannot be cut there. Calling what is inside, in the order in which that layer's
`call` does, gives the same function with the same weights as an open graph.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..backend import keras, tf
from .graph import all_layers


def has_attention(backbone: Any) -> bool:
    """Whether it is a transformer: KerasHub's attention layers share no class, only a word in their names."""
    return any("Attention" in type(layer).__name__ for layer in all_layers(backbone))


def has_class_token(backbone: Any) -> bool:
    """Whether the first token is there to be classified by."""
    return any(weight.name in ("class_token", "cls_token") for weight in backbone.weights)


def unfold(backbone: Any) -> Any:
    """The backbone with its encoders' layers in the open. It is cut into blocks and never saved: the backbone is."""
    if not any(type(operation).__name__ in UNFOLDED for operation in backbone.operations):
        return backbone

    def call(operation: Any, *args: Any, **kwargs: Any) -> Any:
        return UNFOLDED.get(type(operation).__name__, type(operation).__call__)(operation, *args, **kwargs)

    return keras.models.clone_model(backbone, call_function=call, clone_function=lambda layer: layer)


class Inner(keras.Layer):
    """A layer from within another, under a name of its own; of several outputs the first."""

    def __init__(self, layer: Any, name: str, **arguments: Any) -> None:
        super().__init__(name=name)
        self.layer, self.arguments = layer, arguments

    def call(self, x: Any) -> Any:
        output = self.layer(x, **self.arguments)
        return output[0] if isinstance(output, tuple) else output


def _vit(encoder: Any, x: Any) -> Any:
    x = encoder.dropout(x)
    for layer in encoder.encoder_layers:
        x = layer(x)
    return encoder.layer_norm(x)


def _deit(encoder: Any, x: Any) -> tuple[Any, Any, Any]:
    for layer in encoder.encoder_layers:
        x = Inner(layer, layer.name)(x)
    x = encoder.layer_norm(x)
    return x, x, x  # the encoder's other two outputs are unused


def _dino(encoder: Any, x: Any, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
    stages = {}
    for place, layer in enumerate(encoder.layers, start=1):
        x = layer(x, **kwargs)
        stages[f"stage{place}"] = x
    return x, stages


def _swin(stage: Any, x: Any) -> Any:
    for layer in stage.blocks:
        x = Inner(layer, f"{stage.name}_{layer.name}")(x)
    if stage.downsample:
        height, width = stage.input_resolution
        x = Inner(stage.downsample, f"{stage.name}_downsample", H=height, W=width)(x)
    return x


def _rope(layer: Any, images: Any) -> Any:
    """DINOv3's rotary angles follow from the input's size alone: as constants they do not bypass the blocks."""
    return tf.nest.map_structure(lambda angle: angle.numpy(), layer(tf.zeros((1, *images.shape[1:]))))


UNFOLDED: dict[str, Callable[..., Any]] = {
    "ViTEncoder": _vit,
    "DeiTEncoder": _deit,
    "DINOV2Encoder": _dino,
    "DINOV3Encoder": _dino,
    "DINOV3RopePositionEmbedding": _rope,
    "SwinTransformerStage": _swin,
}
