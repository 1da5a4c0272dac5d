"""Keras models of other makes as the functional graph from one RGB image that the engine works on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ...errors import InputError
from .backend import keras
from .internals import graph

GREY = ((0.299,), (0.587,), (0.114,))
"""Luma of red, green and blue (ITU-R BT.601), as Pillow turns an image to grey."""


def as_functional(model: Any, path: Path) -> Any:
    """The model as a graph of layers: a `Sequential` one too.

    Raises:
        InputError: It has no graph.
    """
    if not getattr(model, "inputs", None):
        raise InputError(f"{path} holds no graph of layers, but a {type(model).__name__}", "save a functional model")
    single = len(model.inputs) == len(model.outputs) == 1
    if single and (isinstance(model, keras.Sequential) or isinstance(model.output, list | tuple)):
        return keras.Model(model.inputs[0], model.outputs[0], name=model.name)
    return model


def with_rgb_input(backbone: Any) -> Any:
    """The backbone behind a layer that turns colour to grey, where it takes one channel; else as it is.

    The layer's weights sum to 1, so it may stand behind the normalisation.
    """
    shape = backbone.inputs[0].shape
    if shape[-1] != 1:
        return backbone
    image = keras.Input((*shape[1:3], 3), name="rgb")
    grey = keras.layers.Conv2D(1, 1, use_bias=False, trainable=False, name="rgb_to_grey")
    tensor = grey(image)
    grey.set_weights([np.array(GREY, np.float32).reshape(1, 1, 3, 1)])
    return keras.Model(image, graph.run(backbone, tensor, lambda operation: operation), name=backbone.name)


def check_finite(backbone: Any, reference: str) -> None:
    """Refuses weights that are no numbers.

    Raises:
        InputError: Some are infinite or NaN; the first is named.
    """
    for variable in backbone.weights:
        if not np.isfinite(np.asarray(variable, np.float32)).all():
            what = f"the weights {variable.path} of {reference} are not all finite numbers"
            raise InputError(what, "save the network anew, from before its training broke")
