"""One training on all GPUs of the node, a process a device.

The calling process is rank 0 and trains like the others. It alone runs the training loop (it evaluates, writes
checkpoints and decides when to stop), and tells the others over pipes which rows are their part of the batch, when to
update, which weights to continue from. The plan's batch is split, so that the updates are the same on any number of
devices.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist

from ...records import Plan
from ..protocol import StateDict
from .batch import Batch
from .examples import TextExamples
from .network import TextNetwork
from .rank import RankTuner, join_process_group
from .rank_process import LEAVE, PREPARE, UPDATE, RankProcess, Start
from .sharing import to_message
from .split import part_of_rank, rows_of_rank

MAX_EXIT_SECONDS = 10.0
"""How long a process may take to end."""

Prepared = tuple[int, Batch]
"""The number that the other ranks know the batch by, and rank 0's part of it."""


class ParallelTuner:
    """A `Tuner` that hands every update to `ranks` processes."""

    def __init__(self, network: TextNetwork, plan: Plan, ranks: int) -> None:
        self.ranks, self.number, self.sending = ranks, 0, threading.Lock()
        self.others: list[RankProcess] = []
        try:
            with tempfile.TemporaryDirectory() as folder, self.report_dead_ranks():
                self.start_others(network, plan, Path(folder) / "network")
                self.own = RankTuner(network, plan, 0, ranks)
        except BaseException:
            self.end_others(0.0)
            raise
        self.trained_parameters = self.own.trained_parameters

    def start_others(self, network: TextNetwork, plan: Plan, folder: Path) -> None:
        """Give every other rank a copy of the network, and join them."""
        network.save(folder, [str(k) for k in range(network.classifier.config.num_labels)])
        store = dist.TCPStore("127.0.0.1", 0, self.ranks, is_master=True, wait_for_workers=False)
        shared = (self.ranks, store.port, folder, plan, network.compute_dtype, network.seen_tokens)
        self.others = [RankProcess(Start(rank, *shared)) for rank in range(1, self.ranks)]
        for other in self.others:
            other.wait_until_ready()
        join_process_group(store, 0, self.ranks, network.torch_device)

    def prepare(self, batch: TextExamples) -> Prepared:
        self.number += 1
        for other in self.others:
            part = batch.take(rows_of_rank(len(batch), other.rank, self.ranks))
            self.send(other, PREPARE, self.number, to_message(part))
        return self.number, self.own.prepare(batch.take(rows_of_rank(len(batch), 0, self.ranks)))

    def update(
        self, prepared: Prepared, labels: np.ndarray, weights: np.ndarray, schedule_factor: float
    ) -> torch.Tensor:
        number, batch = prepared
        with self.report_dead_ranks():
            for other in self.others:
                part = part_of_rank(labels, weights, other.rank, self.ranks)
                self.send(other, UPDATE, number, *part, schedule_factor)
            return self.own.update(batch, *part_of_rank(labels, weights, 0, self.ranks), schedule_factor)

    def variables(self) -> StateDict:
        return self.own.variables()

    def assign(self, variables: StateDict) -> None:
        for other in self.others:
            self.send(other, "assign", variables)
        self.own.assign(variables)

    def state_dict(self) -> StateDict:
        return self.own.state_dict()

    def load_state_dict(self, state: StateDict) -> None:
        for other in self.others:
            self.send(other, "load_state_dict", state)
        self.own.load_state_dict(state)

    def finish(self) -> None:
        with suppress(OSError):
            for other in self.others:  # what is under way on the devices needs all of them to end
                self.send(other, LEAVE)
        self.end_others(MAX_EXIT_SECONDS)
        self.own.finish()

    def send(self, other: RankProcess, *order: Any) -> None:
        with self.sending, self.report_dead_ranks():  # batches are prepared in another thread than updates run
            other.connection.send(order)

    def end_others(self, seconds: float) -> None:
        """Let them leave for so long, then kill them."""
        deadline = time.monotonic() + seconds
        for other in self.others:
            other.end(deadline)
        self.others = []
        if dist.is_initialized():
            dist.destroy_process_group()

    @contextmanager
    def report_dead_ranks(self) -> Iterator[None]:
        """Raise ChildProcessError, with the ranks, instead of what fails because their processes have ended."""
        try:
            yield
        except (RuntimeError, OSError, EOFError) as error:
            deadline = time.monotonic() + MAX_EXIT_SECONDS  # a process that fails first says why
            ended = [other for other in self.others if other.exits_before(deadline)]
            if not ended:
                raise
            codes = ", ".join(f"rank {other.rank} with code {other.process.returncode}" for other in ended)
            raise ChildProcessError(f"a training process has ended: {codes}") from error
