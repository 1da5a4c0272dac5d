"""Image networks of few random weights in the real architectures, saved as a user would have them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from thaw.records import Preprocessing

PIXELS = 32


def images(rows: int, size: int = 40, seed: int = 0) -> tuple[list[bytes], np.ndarray]:
    """PNG files of noise; every other one is darker, and labelled so."""
    random = np.random.default_rng(seed)
    labels = np.arange(rows) % 2
    files = []
    for label in labels:
        file = io.BytesIO()
        Image.fromarray(random.integers(0, 255 - 120 * label, (size, size, 3), dtype=np.uint8)).save(file, "PNG")
        files.append(file.getvalue())
    return files, labels


def backbone(kind: str, size: int | None = PIXELS) -> Any:
    import keras_hub.models as hub

    from thaw.networks.keras.backend import keras

    keras.utils.set_random_seed(0)
    shape = (size, size, 3)
    transformer = {"image_shape": shape, "patch_size": 16, "num_layers": 3, "num_heads": 2, "hidden_dim": 16}
    made: dict[str, Any] = {
        "efficientnet": lambda: hub.EfficientNetBackbone(
            stackwise_kernel_sizes=[3, 5],
            stackwise_num_repeats=[1, 2],
            stackwise_input_filters=[8, 8],
            stackwise_output_filters=[8, 16],
            stackwise_expansion_ratios=[1, 6],
            stackwise_strides=[1, 2],
            stackwise_squeeze_and_excite_ratios=[0, 0.25],
            stackwise_block_types=["v1", "unfused"],
            width_coefficient=0.5,
            depth_coefficient=1.0,
            input_shape=shape,
        ),
        "vgg": lambda: hub.VGGBackbone([2, 2], [8, 16], image_shape=shape),
        "resnet": lambda: hub.ResNetBackbone(
            input_conv_filters=[8],
            input_conv_kernel_sizes=[7],
            stackwise_num_filters=[64, 8],
            stackwise_num_blocks=[1, 2],
            stackwise_num_strides=[1, 2],
            block_type="bottleneck_block",
            image_shape=shape,
        ),
        "densenet": lambda: hub.DenseNetBackbone([1, 2], growth_rate=8, image_shape=shape),
        "mobilenet": lambda: keras.applications.MobileNetV2(shape, alpha=0.35, include_top=False, weights=None),
        "vit": lambda: hub.ViTBackbone(**transformer, mlp_dim=32, dropout_rate=0.1),
        "deit": lambda: hub.DeiTBackbone(**transformer, intermediate_dim=32),
        "dinov2": lambda: hub.DINOV2Backbone(**transformer, intermediate_dim=32, position_embedding_shape=shape),
        "dinov3": lambda: hub.DINOV3Backbone(**transformer, intermediate_dim=32),
        "swin": lambda: hub.SwinTransformerBackbone(shape, 16, (1, 2), (2, 2), window_size=4),
    }
    return made[kind]()


def plain_folder(folder: Path, network: Any, native: int = PIXELS) -> Path:
    """`backbone.keras` with `preprocessing.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    network.save(folder / "backbone.keras")
    Preprocessing(
        modality="image",
        input_size=native,
        mean=(127.0,) * 3,
        scale=(128.0,) * 3,
        layout="channels_last",
        resize="bilinear",
    ).write(folder / "preprocessing.json")
    return folder


def preset_folder(folder: Path, network: Any, native: int = PIXELS) -> Path:
    """A KerasHub preset with its image converter."""
    import keras_hub

    network.save_to_preset(str(folder))
    converter = getattr(keras_hub.layers, type(network).__name__.replace("Backbone", "ImageConverter"))
    converter(image_size=(native, native), scale=1 / 50, offset=[-1.0, -2.0, -3.0]).save_to_preset(str(folder))
    return folder
