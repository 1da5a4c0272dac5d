"""bfloat16 for forward and backward passes, where the hardware multiplies it faster (Micikevicius et al. 2018).

Variables, the head, the loss and the optimizer stay float32, and so does what is saved.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .backend import keras, tf
from .internals.graph import all_layers

FLOAT32, MIXED_BFLOAT16 = "float32", "mixed_bfloat16"
MIN_COMPUTE_CAPABILITY = (8, 0)
"""The first NVIDIA GPUs with bfloat16, Ampere's."""


def compute_dtype(network: Any) -> str:
    """ "bfloat16" or "float32" for a Keras model. On CPUs bfloat16 halves the time of ResNet50, but doubles that of
    depthwise convolutions (EfficientNet-Lite0), whose features it also moves by 4%."""
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = [tf.config.experimental.get_device_details(device) for device in gpus]
        fast = all(detail.get("compute_capability", (0, 0)) >= MIN_COMPUTE_CAPABILITY for detail in details)
    else:
        fast = _processor_has_bfloat16() and not any(
            "Depthwise" in type(layer).__name__ for layer in _layers([network])
        )
    return "bfloat16" if fast else "float32"


def set_policy(models: Iterable[Any], policy: str) -> None:
    for layer in _layers(models):
        layer.dtype_policy = policy


@contextmanager
def in_float32(models: list[Any]) -> Iterator[None]:
    """The models in float32 for a while, and so what is saved then."""
    before = [(layer, layer.dtype_policy) for layer in _layers(models)]
    set_policy(models, FLOAT32)
    try:
        yield
    finally:
        for layer, policy in before:
            layer.dtype_policy = policy


def _layers(models: Iterable[Any]) -> list[Any]:
    """All layers and layers within them, without the models, which only call them."""
    found = [layer for model in models for layer in all_layers(model)]
    return [layer for layer in found if not isinstance(layer, (keras.Model, keras.layers.InputLayer))]


def _processor_has_bfloat16() -> bool:
    try:
        lines = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return re.search(r"^flags\b.*\b(avx512_bf16|amx_bf16)\b", lines, re.MULTILINE) is not None
