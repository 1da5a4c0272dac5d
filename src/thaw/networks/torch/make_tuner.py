"""One device or all GPUs of the node."""

from __future__ import annotations

import torch

from ...records import Plan
from ..nodes import require_single_node
from .network import TextNetwork
from .parallel import ParallelTuner
from .tuner import TextTuner


def make_tuner(network: TextNetwork, plan: Plan) -> TextTuner | ParallelTuner:
    """The plan's training of the network, on every device that there is."""
    require_single_node()
    devices = torch.cuda.device_count() if network.torch_device.type == "cuda" else 1
    return ParallelTuner(network, plan, devices) if devices > 1 else TextTuner(network, plan)
