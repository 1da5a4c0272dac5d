"""One of several processes that train together: a rank of DistributedDataParallel (Li 2020)."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from ...records import Plan
from .batch import Batch
from .internals import KEEP_BUFFERS
from .network import TextNetwork
from .tuner import TextTuner

MAX_WAIT_SECONDS = 300.0
"""How long one process waits for another before it gives up."""


class RankTuner(TextTuner):
    """One rank of `ranks`: together their updates are those of one process that has the whole batch."""

    def __init__(self, network: TextNetwork, plan: Plan, rank: int, ranks: int) -> None:
        super().__init__(network, plan)
        self.rank, self.ranks, self.wrapped = rank, ranks, False

    def update(self, prepared: Batch, labels: np.ndarray, weights: np.ndarray, schedule_factor: float) -> torch.Tensor:
        """Update the weights, with `labels` and `weights` of the rank's own rows; the loss is the whole batch's."""
        if not self.wrapped:  # not before the first update: loading a state may change which tokens are trained
            self.loss = DistributedDataParallel(self.loss, gradient_as_bucket_view=True, **KEEP_BUFFERS)
            self.wrapped = True
        loss = super().update(prepared, labels, weights, schedule_factor)
        dist.all_reduce(loss)
        return loss / self.ranks


def join_process_group(store: dist.Store, rank: int, ranks: int, device: torch.device) -> None:
    backend, timeout = "nccl" if device.type == "cuda" else "gloo", timedelta(seconds=MAX_WAIT_SECONDS)
    dist.init_process_group(backend, store=store, rank=rank, world_size=ranks, timeout=timeout)
