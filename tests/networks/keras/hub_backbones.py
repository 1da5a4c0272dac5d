"""Every image backbone of KerasHub, tiny and with random weights, or why it is left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.networks.keras.tiny_vision import backbone

SHAPE = (32, 32, 3)

LEFT_OUT = {
    "BASNetBackbone": "segments: gives eight masks",
    "BLIP2Backbone": "reads text beside the image",
    "CLIPBackbone": "reads text beside the image",
    "DFineBackbone": "detects: gives boxes",
    "DeepLabV3Backbone": "segments: its decoder enlarges features of another backbone, which opens by itself",
    "DepthAnythingBackbone": "estimates depth: its decoder enlarges features of DINOv2, which opens by itself",
    "FluxBackbone": "makes images from text",
    "Gemma3Backbone": "reads text beside the image",
    "Gemma4Backbone": "reads text beside the image",
    "MetaCLIP2Backbone": "reads text beside the image",
    "PARSeqBackbone": "reads the text in an image, letter by letter",
    "PaliGemmaBackbone": "reads text beside the image",
    "Qwen3_5Backbone": "reads text beside the image",
    "Qwen3_5MoeBackbone": "reads text beside the image",
    "SAM3PromptableConceptBackbone": "reads text and prompts beside the image",
    "SAMBackbone": "reads prompts beside the image",
    "SegFormerBackbone": "segments: its decoder enlarges features of MiT, which opens by itself",
    "SigLIPBackbone": "reads text beside the image",
    "StableDiffusion3Backbone": "makes images from text",
    "T5Gemma2Backbone": "reads text beside the image",
    "VideoPrismBackbone": "reads videos",
}
"""Backbones that take an image, but are no network from one image to features."""

REFUSED = {
    "HGNetV2Backbone": "no network from one image to one output",
    "RetinaNetBackbone": "no network from one image to one output",
}
"""Backbones from one image that end in one line, and what it says."""


def _retinanet() -> Any:
    import keras_hub.models as hub

    return hub.RetinaNetBackbone(
        backbone("resnet", 64), min_level=2, max_level=3, use_p5=False, image_shape=(64, 64, 3)
    )


def makers() -> dict[str, Callable[[], Any]]:
    """Constructors by class name."""
    import keras_hub.models as hub

    return {
        "CSPNetBackbone": lambda: hub.CSPNetBackbone(8, 3, 1, [1, 2], [1, 2], [8, 16], "dark_block", image_shape=SHAPE),
        "DINOV2Backbone": lambda: backbone("dinov2"),
        "DINOV3Backbone": lambda: backbone("dinov3"),
        "DeiTBackbone": lambda: backbone("deit"),
        "DenseNetBackbone": lambda: backbone("densenet"),
        "EfficientNetBackbone": lambda: backbone("efficientnet"),
        "HGNetV2Backbone": lambda: hub.HGNetV2Backbone(
            depths=[1, 1],
            embedding_size=8,
            hidden_sizes=[8, 16],
            stem_channels=[3, 8, 8],
            hidden_act="relu",
            use_learnable_affine_block=False,
            stackwise_stage_filters=[(8, 8, 8, 1, 1, 3), (8, 8, 16, 1, 1, 3)],
            apply_downsample=[False, True],
            use_lightweight_conv_block=[False, False],
            image_shape=SHAPE,
        ),
        "MiTBackbone": lambda: hub.MiTBackbone([1, 1], 2, [1, 2], [2, 1], 0.1, [7, 3], [4, 2], SHAPE, [8, 16]),
        "MobileNetBackbone": lambda: hub.MobileNetBackbone(
            stackwise_expansion=[[8], [16]],
            stackwise_num_blocks=[1, 1],
            stackwise_num_filters=[[8], [8]],
            stackwise_kernel_size=[[3], [5]],
            stackwise_num_strides=[[2], [2]],
            stackwise_se_ratio=[[None], [0.25]],
            stackwise_activation=[["relu"], ["hard_swish"]],
            stackwise_padding=[[1], [2]],
            output_num_filters=16,
            depthwise_filters=8,
            depthwise_stride=2,
            depthwise_residual=False,
            last_layer_filter=16,
            squeeze_and_excite=0.5,
            image_shape=SHAPE,
        ),
        "MobileNetV5Backbone": lambda: hub.MobileNetV5Backbone(
            [["er"], ["uir", "uir"]],
            [1, 2],
            [[8], [16, 16]],
            [[2], [2, 1]],
            [["relu"], ["relu", "relu"]],
            [[2.0], [2.0, 2.0]],
            [[0.0], [0.0, 0.0]],
            [[0], [5, 5]],
            [[0], [0, 0]],
            [[0], [0, 0]],
            [[3], [0, 0]],
            [[1], [0, 0]],
            [[0], [0, 0]],
            [[0], [0, 0]],
            [[0], [0, 0]],
            [[0], [0, 0]],
            [[False], [False, False]],
            use_msfa=False,
            image_shape=SHAPE,
        ),
        "ResNetBackbone": lambda: backbone("resnet"),
        "RetinaNetBackbone": _retinanet,
        "SwinTransformerBackbone": lambda: backbone("swin"),
        "VGGBackbone": lambda: backbone("vgg"),
        "ViTBackbone": lambda: backbone("vit"),
        "ViTDetBackbone": lambda: hub.ViTDetBackbone(16, 2, 32, 2, [1], SHAPE, 8, 8, window_size=2),
        "XceptionBackbone": lambda: hub.XceptionBackbone([[8, 8], [8, 16]], [True, False], SHAPE),
    }


def image_backbones() -> set[str]:
    """Names of KerasHub's backbones that take an image in any way, by the arguments of their constructors."""
    import inspect

    import keras_hub.models as hub

    arguments = {"image_shape", "input_shape", "image_size", "image_encoder", "vision_encoder", "backbone"}
    names = (name for name in dir(hub) if name.endswith("Backbone") and name != "Backbone")
    return {name for name in names if arguments & inspect.signature(getattr(hub, name).__init__).parameters.keys()}
