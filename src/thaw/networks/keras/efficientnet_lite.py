"""EfficientNet-Lite (Tan & Le 2019, without squeeze-and-excitation) as a Keras model, from its original weights."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from .backend import keras

LITE0_REPEATS = (1, 2, 2, 3, 3, 4, 1)
"""Blocks of each stage (Tan & Le 2019, table 1)."""
EPSILON = 1e-3
"""What TensorFlow's BatchNorm adds to variances."""

STEM_AND_TOP = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier"}
FIRST_BLOCK = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
OTHER_BLOCKS = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}


def backbone_from_weights(
    weights: dict[str, np.ndarray], name: str = "efficientnet-lite0", repeats: Sequence[int] = LITE0_REPEATS
) -> Any:
    """The Keras model from images of (n, 32·h, 32·w, 3) to (n, h, w, 1280), with `repeats` blocks in its stages.

    The weights were trained in TensorFlow: its BatchNorm adds 1e-3 to variances, and its strided convolutions pad one
    pixel less at the top and left than PyTorch's. KerasHub builds neither, as timm's own weights need neither; both
    are kept in a plain Keras model, which saves what its layers are set to.
    """
    architecture = name.replace("-", "_")
    backbone = _from_timm({_timm_name(key, repeats): array for key, array in weights.items()}, architecture)
    for layer in backbone.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.epsilon = EPSILON
        if isinstance(layer, keras.layers.ZeroPadding2D) and _padded(backbone, layer).strides == (2, 2):
            half = _padded(backbone, layer).kernel_size[0] // 2
            layer.padding = ((half - 1, half),) * 2
    return keras.Model(backbone.input, backbone.output, name=architecture)


def _padded(backbone: Any, padding: Any) -> Any:
    """The convolution that a padding layer is for."""
    return backbone.get_layer(padding.name.removesuffix("_pad"))


def _from_timm(weights: dict[str, np.ndarray], architecture: str) -> Any:
    """KerasHub reads checkpoints of timm from a folder."""
    import keras_hub
    from safetensors.numpy import save_file

    with TemporaryDirectory() as folder:
        save_file({k: np.ascontiguousarray(v) for k, v in weights.items()}, Path(folder, "model.safetensors"))
        Path(folder, "config.json").write_text(json.dumps({"architecture": architecture}))
        return keras_hub.models.EfficientNetBackbone.from_preset(folder)


def _timm_name(name: str, repeats: Sequence[int] = LITE0_REPEATS) -> str:
    """timm's name for a weight: "_blocks.3._bn0.bias" is "blocks.2.0.bn1.bias".

    >>> _timm_name("_blocks.0._project_conv.weight"), _timm_name("_bn1.running_mean")
    ('blocks.0.0.conv_pw.weight', 'bn2.running_mean')
    """
    in_block = re.fullmatch(r"_blocks\.(\d+)\.(\w+)\.(\w+)", name)
    if not in_block:
        layer, weight = name.split(".")
        return f"{STEM_AND_TOP[layer]}.{weight}"
    number, layer, weight = int(in_block[1]), in_block[2], in_block[3]
    stage = next(s for s in range(len(repeats)) if number < sum(repeats[: s + 1]))
    layers = OTHER_BLOCKS if number else FIRST_BLOCK
    return f"blocks.{stage}.{number - sum(repeats[:stage])}.{layers[layer]}.{weight}"
