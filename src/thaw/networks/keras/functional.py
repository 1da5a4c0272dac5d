"""Keras models of other makes as the functional graph from one RGB image that the engine works on."""

from __future__ import annotations

from itertools import count
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


def opened(model: Any) -> Any:
    """The model with the layers of the models within it in the open; as it is where there are none.

    KerasHub's own backbones stay as they are too: they are saved by their few settings.
    """
    inner = any(isinstance(operation, keras.Model) for operation in model.operations)
    if not inner or (type(model).__module__.startswith("keras_hub.") and type(model).__name__.endswith("Backbone")):
        return model
    _make_names_unique(model, {})
    image = keras.Input(model.inputs[0].shape[1:], name="image")
    return keras.Model(image, graph.run(model, image, _opened_operation), name=model.name)


def _make_names_unique(model: Any, named: dict[str, Any]) -> None:
    """Models within one may each have a "conv1"; in one graph the second is called "conv1_2"."""
    for operation in getattr(model, "operations", model.layers):  # a Sequential model has layers alone
        if isinstance(operation, keras.Model):
            _make_names_unique(operation, named)
        elif named.setdefault(operation.name, operation) is not operation:
            name = next(new for number in count(2) if (new := f"{operation.name}_{number}") not in named)
            operation.name, named[name] = name, operation


def _opened_operation(operation: Any) -> Any:
    if not isinstance(operation, keras.Model):
        return operation
    inner = as_functional(operation, Path(operation.name))
    return lambda x, **_: graph.run(inner, x, _opened_operation)


def without_classifier(network: Any) -> Any:
    """The network up to what its classifier takes; as it is where it ends in features.

    A classifier is a last layer with a kernel whose outputs become probabilities (softmax, sigmoid), or a last dense
    layer without activation on one vector per image: logits or a projection, under which features serve new tasks
    better. A last dense layer with another activation gives features.
    """
    made_by = {id(tensor): call for call in graph.nodes(network) for tensor in call.outputs}
    tensor, probabilities = network.outputs[0], False
    while call := made_by.get(id(tensor)):
        below, activation = call.input_tensors[0], _activation(call.operation)
        probabilities = probabilities or activation in ("softmax", "sigmoid")
        if _has_kernel(call.operation):
            vector = isinstance(call.operation, keras.layers.Dense) and len(below.shape) == 2 and activation == "linear"
            found = probabilities or vector
            return keras.Model(network.input, _below_dropout(below, made_by), name=network.name) if found else network
        if call.operation.__class__.__name__ not in ("Softmax", "Activation", "Dropout", "Reshape", "Flatten"):
            return network
        if not probabilities and activation != "linear":
            return network
        tensor = below
    return network


def normalises_itself(network: Any) -> bool:
    """Whether it scales pixels before its first layer with a kernel: it takes them as they are, from 0 to 255."""
    for call in graph.nodes(network):
        if isinstance(call.operation, keras.layers.Rescaling | keras.layers.Normalization):
            return True
        if _has_kernel(call.operation):
            return False
    return False


def _has_kernel(operation: Any) -> bool:
    return any(len(weight.shape) > 1 for weight in getattr(operation, "weights", ()))


def _activation(operation: Any) -> str:
    """Name of what a layer applies to its output."""
    if isinstance(operation, keras.layers.Softmax):
        return "softmax"
    return getattr(getattr(operation, "activation", None), "__name__", "linear")


def _below_dropout(tensor: Any, made_by: dict[int, Any]) -> Any:
    while (call := made_by.get(id(tensor))) and isinstance(call.operation, keras.layers.Dropout):
        tensor = call.input_tensors[0]
    return tensor


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


def check_form(backbone: Any, reference: str) -> None:
    """Refuses what is no network from one image to features.

    Raises:
        InputError: It has several inputs or outputs, or takes or gives something else.
    """
    shapes = [tuple(tensor.shape) for tensor in [*backbone.inputs, *backbone.outputs]]
    if len(shapes) != 2 or len(shapes[0]) != 4 or len(shapes[1]) not in (2, 3, 4):
        what = f"{reference} is no network from one image to one output ({', '.join(map(str, shapes))})"
        raise InputError(what, "take an image classifier's backbone")
    if shapes[0][1] in (1, 3) and shapes[0][3] not in (1, 3):
        raise InputError(f"{reference} takes channels first", "save it for channels last, the order of TensorFlow")
    if shapes[0][3] not in (1, 3):
        raise InputError(
            f"{reference} takes images of {shapes[0][3]} channels", "take a network for colour or grey images"
        )
    if shapes[0][1] != shapes[0][2]:
        raise InputError(f"{reference} takes images that are not square ({shapes[0]})", "take one for square images")


def check_weights(backbone: Any, reference: str) -> None:
    """Refuses a network without weights, and weights that are no numbers or of another type than float32.

    Raises:
        InputError: The first such weight is named.
    """
    if not any(_has_kernel(layer) for layer in backbone.layers):
        raise InputError(f"{reference} has no layer with weights", "take a pretrained network")
    for variable in backbone.weights:
        if "float" in variable.dtype and variable.dtype != "float32":
            raise InputError(
                f"the weights {variable.path} of {reference} are {variable.dtype}", "save the network in float32"
            )
        if not np.isfinite(np.asarray(variable, np.float32)).all():
            what = f"the weights {variable.path} of {reference} are not all finite numbers"
            raise InputError(what, "save the network anew, from before its training broke")
