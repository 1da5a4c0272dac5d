"""A Keras network as ordered blocks with a cut."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...data.pixels import Pixels
from ...errors import InputError
from ...heads.head import Head
from ...records import Plan, Preprocessing
from ..protocol import Advance, Allocate, Block, Examples, allocate_in_memory, no_progress
from . import blocks, head, precision
from .backend import device_name, keras
from .classifier import Classifier
from .devices import devices
from .examples import Images, new_file
from .forward import Forward
from .internals.encoders import has_attention, has_class_token, unfold
from .preprocessing import normalisation
from .save import save
from .tuner import VisionTuner


class VisionNetwork:
    """`networks.protocol.Network` for images."""

    def __init__(self, reference: str, backbone: Any, preprocessing: Preprocessing) -> None:
        self.reference, self.backbone = reference, backbone
        self._preprocessing = preprocessing
        self.input_size = preprocessing.input_size
        self.device, self.devices = device_name(), devices()
        self.compute_dtype = precision.compute_dtype(backbone)
        self.supports_lora = has_attention(backbone)
        self.fingerprint = _fingerprint(backbone)
        unfolded = unfold(backbone)
        self.supports_feature_depths = unfolded is backbone
        """An encoder that had to be unfolded is saved as it was, and shows no inner tensor."""
        parts = blocks.split(unfolded)
        self.blocks = tuple(Block(name, model.count_params()) for name, model in parts)
        self.class_token = has_class_token(backbone)
        models = [model for _, model in parts]
        self.forward = Forward(
            models, normalisation(preprocessing), self.input_size, self.class_token, self.compute_dtype, self.devices
        )
        if self.compute_dtype == "bfloat16":
            precision.set_policy([backbone, *models], precision.MIXED_BFLOAT16)
        self.head: list[Any] = []
        self.depths: tuple[int, ...] = (len(self.blocks),)
        """Depths that the head reads."""

    @property
    def total_parameters(self) -> int:
        return sum(layer.count_params() for layer in [self.backbone, *self.head])

    @property
    def preprocessing(self) -> Preprocessing:
        return self._preprocessing

    def encode(self, raw: Sequence[bytes], scratch: Path, advance: Advance = no_progress) -> Images:
        advance(len(raw))  # each image is decoded when a batch with it is taken
        return Images.all_of(Pixels(raw, self.input_size, new_file(scratch, "pixels")), 0)

    def features(
        self,
        examples: Examples,
        depths: Sequence[int],
        advance: Advance = no_progress,
        allocate: Allocate = allocate_in_memory,
    ) -> dict[int, np.ndarray]:
        ordered = tuple(sorted(set(depths)))
        result = {depth: allocate(depth, (len(examples), self.forward.shapes[depth][-1])) for depth in ordered}
        for part, outputs in self.forward.features(Images.of(examples), ordered):
            for depth, output in zip(ordered, outputs, strict=True):
                result[depth][part] = output
            advance(part.stop - part.start)
        return result

    def activations(self, examples: Examples, cut: int, scratch: Path, advance: Advance = no_progress) -> Images:
        shape = (len(examples), *self.forward.shapes[cut])
        kept = np.lib.format.open_memmap(new_file(scratch, f"block{cut}"), "w+", np.float16, shape)
        for part, (output,) in self.forward.activations(Images.of(examples), cut):
            kept[part] = output
            advance(part.stop - part.start)
        kept.flush()
        return Images.all_of(kept, cut)

    def activation_bytes(self, examples: Examples, cut: int) -> int:
        return len(examples) * int(np.prod(self.forward.shapes[cut])) * np.dtype(np.float16).itemsize

    def set_head(self, fitted: Head, depths: Sequence[int] = ()) -> None:
        self.depths = tuple(depths) or (len(self.blocks),)
        with self.devices.scope():
            self.head = head.dense_layers(fitted)

    def scale_head(self, factor: float) -> None:
        head.scale(self.head, factor)

    def logits(self, examples: Examples, advance: Advance = no_progress) -> np.ndarray:
        parts = []
        for part, features in self.forward.features(Images.of(examples), self.depths):
            parts.append(np.asarray(head.apply_layers(self.head, np.hstack(features)), dtype=np.float32))
            advance(part.stop - part.start)
        return np.concatenate(parts) if parts else np.zeros((0, self.head[-1].units), np.float32)

    def tuner(self, plan: Plan) -> VisionTuner:
        if plan.training is None:
            raise ValueError("a plan without training has nothing to tune")
        if plan.training.lora and not self.supports_lora:
            raise InputError(
                f"{self.reference} has no attention layers, and lora adapts those of transformers",
                "take --strategy partial or full, or a vision transformer such as vit-b16",
            )
        if not self.head or self.depths != (len(self.blocks),):
            raise ValueError("a head on the last depth comes before the tuner")
        with self.devices.scope():
            return VisionTuner(self.forward, self.head, plan.cut, plan.training, plan.seed)

    def save(self, folder: Path, classes: Sequence[str]) -> None:
        save(Classifier(self.backbone, self.head, self.depths, self.class_token, self.preprocessing), folder, classes)


def _fingerprint(backbone: Any) -> str:
    """SHA-256 over the weights and the layers' settings without their names: a padding changes features, too."""
    layers = [layer for layer in backbone.layers if not isinstance(layer, keras.layers.InputLayer)]
    settings = [{key: value for key, value in _settings(layer).items() if key != "name"} for layer in layers]
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True, default=lambda value: type(value).__name__).encode())
    for weight in backbone.weights:
        digest.update(np.ascontiguousarray(weight.numpy()).tobytes())
    return digest.hexdigest()


def _settings(layer: Any) -> dict[str, Any]:
    """The layer's configuration. Some of KerasHub's layers cannot tell theirs (DeiT, Swin): then their plain values."""
    try:
        return layer.get_config()
    except (AttributeError, TypeError):
        plain = {key: value for key, value in vars(layer).items() if isinstance(value, int | float | str | tuple)}
        return {"class": type(layer).__name__} | {key: plain[key] for key in sorted(plain) if key[0] != "_"}
