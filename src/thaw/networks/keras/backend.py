"""The one place that starts Keras: on TensorFlow, whatever the user's own Keras settings say, and quietly."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from ...cores import cores

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# Each operation runs on one core, and as many operations or parts of a batch side by side as there are cores. That is
# up to twice as fast as each on all of them (the layers of small networks are too small to share), and gives the same
# bits every time: what cores add up together comes in the order in which they happen to finish.
os.environ["TF_NUM_INTRAOP_THREADS"] = "1"
os.environ["TF_NUM_INTEROP_THREADS"] = str(cores())

import keras
import tensorflow as tf

from ...errors import InputError

__all__ = ["device_name", "keras", "tf"]

if keras.backend.backend() != "tensorflow":
    raise InputError(
        f"Keras already runs on {keras.backend.backend()} in this process",
        "set KERAS_BACKEND=tensorflow before Keras is imported",
    )

if tf.config.list_physical_devices("GPU"):
    tf.config.experimental.enable_op_determinism()  # some of the kernels themselves add up in any order there


def device_name() -> str:
    """The device that costs are measured on: "cpu × 2 (AMD EPYC)", or the name of the GPU."""
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        return str(tf.config.experimental.get_device_details(gpus[0]).get("device_name", "gpu"))
    return f"cpu × {cores()} ({_processor()})"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
