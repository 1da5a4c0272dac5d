"""One training on all GPUs of the node, a process a device.

The calling process is rank 0 and trains like the others (`rank`). It tells each over a pipe which rows are its share of
the batch, when to step, which weights to go on from. The plan's batch is split, so that the same steps are taken on any
number of devices.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Pipe
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist

from ...records import Plan
from ..nodes import require_single_node
from ..protocol import StateDict
from .examples import TextExamples
from .network import Batch, TextNetwork
from .rank import PATIENCE, RankTuner, join, on_disk, places_of, share
from .tuner import TextTuner

LEAVING = 10.0
"""Seconds that a process may take to end."""

Prepared = tuple[int, Batch]
"""The number that the other ranks know the batch by, and rank 0's share of it."""


def tuner(network: TextNetwork, plan: Plan) -> TextTuner | ParallelTuner:
    require_single_node()
    devices = torch.cuda.device_count() if network.place.type == "cuda" else 1
    return ParallelTuner(network, plan, devices) if devices > 1 else TextTuner(network, plan)


class ParallelTuner:
    """A `Tuner` that hands every step to `count` processes."""

    def __init__(self, network: TextNetwork, plan: Plan, count: int) -> None:
        self.count, self.number, self.sending = count, 0, threading.Lock()
        self.workers: list[Worker] = []
        try:
            with tempfile.TemporaryDirectory() as folder, self.errors_named():
                classes = [str(k) for k in range(network.classifier.config.num_labels)]
                network.save(Path(folder) / "network", classes)
                store = dist.TCPStore("127.0.0.1", 0, count, is_master=True, wait_for_workers=False)
                start = (count, store.port, Path(folder) / "network", plan, network.compute_dtype, network.met)
                self.workers = [Worker(rank, start) for rank in range(1, count)]
                for worker in self.workers:
                    worker.wait_until_ready()
                join(store, 0, count, network.place)
                self.own = RankTuner(network, plan, 0, count)
        except BaseException:
            self.end_workers(0.0)
            raise
        self.trained_parameters = self.own.trained_parameters

    def prepare(self, batch: TextExamples) -> Prepared:
        self.number += 1
        for worker in self.workers:
            part = batch.take(places_of(len(batch), worker.rank, self.count))
            self.send(worker, "prepare", self.number, on_disk(part))
        return self.number, self.own.prepare(batch.take(places_of(len(batch), 0, self.count)))

    def update(
        self, prepared: Prepared, labels: np.ndarray, weights: np.ndarray, schedule_factor: float
    ) -> torch.Tensor:
        number, batch = prepared
        with self.errors_named():
            for worker in self.workers:
                _, *given = share(labels, weights, worker.rank, self.count)
                self.send(worker, "update", number, *given, schedule_factor)
            _, own_labels, own_weights = share(labels, weights, 0, self.count)
            return self.own.update(batch, own_labels, own_weights, schedule_factor)

    def variables(self) -> StateDict:
        return self.own.variables()

    def assign(self, variables: StateDict) -> None:
        for worker in self.workers:
            self.send(worker, "assign", variables)
        self.own.assign(variables)

    def state_dict(self) -> StateDict:
        return self.own.state_dict()

    def load_state_dict(self, state: StateDict) -> None:
        for worker in self.workers:
            self.send(worker, "load_state_dict", state)
        self.own.load_state_dict(state)

    def finish(self) -> None:
        with suppress(OSError):
            for worker in self.workers:  # what is under way on the devices needs all of them to end
                self.send(worker, "leave")
        self.end_workers(LEAVING)
        self.own.finish()

    def send(self, worker: Worker, *order: Any) -> None:
        with self.sending, self.errors_named():  # batches are prepared in another thread than steps are taken
            worker.connection.send(order)

    def end_workers(self, seconds: float) -> None:
        """Let them leave for so long, then kill them."""
        last = time.monotonic() + seconds
        for worker in self.workers:
            if not worker.ends_before(last):
                worker.process.kill()
                worker.process.wait()
            worker.connection.close()
        self.workers = []
        if dist.is_initialized():
            dist.destroy_process_group()

    @contextmanager
    def errors_named(self) -> Iterator[None]:
        """What fails because a process has ended says so."""
        try:
            yield
        except (RuntimeError, OSError, EOFError) as error:
            last = time.monotonic() + LEAVING  # a process that fails first says why
            ended = [worker for worker in self.workers if worker.ends_before(last)]
            if not ended:
                raise
            codes = ", ".join(f"rank {worker.rank} with code {worker.process.returncode}" for worker in ended)
            raise ChildProcessError(f"a training process has ended: {codes}") from error


class Worker:
    """Another rank's process, as rank 0 sees it."""

    def __init__(self, rank: int, start: tuple) -> None:
        self.rank = rank
        self.connection, theirs = Pipe()
        command = [sys.executable, "-P", "-m", f"{__package__}.rank", str(theirs.fileno())]
        self.process = subprocess.Popen(
            command,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # signals of the terminal are rank 0's: it may want to take a last snapshot
        )
        theirs.close()
        self.connection.send((rank, *start))

    def wait_until_ready(self) -> None:
        if not self.connection.poll(PATIENCE):
            raise TimeoutError(f"the training process of rank {self.rank} did not start in {PATIENCE:.0f} seconds")
        self.connection.recv()

    def ends_before(self, last: float) -> bool:
        try:
            self.process.wait(max(0.0, last - time.monotonic()))
        except subprocess.TimeoutExpired:
            return False
        return True
