"""The one place that starts Keras: on TensorFlow, whatever the user's own Keras settings say, and quietly."""

from __future__ import annotations

import os
import platform
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# With operations side by side the gradients of one batch differ in their last bits from run to run, also under
# `enable_op_determinism`. One at a time, each on all cores, they never did, for a tenth more time in a training step.
os.environ["TF_NUM_INTEROP_THREADS"] = "1"

import keras
import tensorflow as tf

from ...errors import InputError

__all__ = ["device_name", "keras", "tf"]

if keras.backend.backend() != "tensorflow":
    raise InputError(f"Keras already runs on {keras.backend.backend()} in this process",
                     "set KERAS_BACKEND=tensorflow before Keras is imported")  # fmt: skip

if tf.config.list_physical_devices("GPU"):
    tf.config.experimental.enable_op_determinism()  # some of the kernels themselves add up in any order there


def device_name() -> str:
    """What a cost holds for: "cpu × 2 (AMD EPYC)", or the name of the GPU."""
    graphics = tf.config.list_physical_devices("GPU")
    if graphics:
        return str(tf.config.experimental.get_device_details(graphics[0]).get("device_name", "gpu"))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"cpu × {cores} ({_processor()})"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
