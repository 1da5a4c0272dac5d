"""A process of a training on several devices: one rank of DistributedDataParallel (Li 2020).

Rank 0 starts the others as `python -m` this module and tells each over a pipe what to do.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from datetime import timedelta
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from ...records import Plan
from .examples import TextExamples
from .network import Batch, TextNetwork
from .tuner import TextTuner

PATIENCE = 300.0
"""Seconds that one process waits for another before it gives up."""


class RankTuner(TextTuner):
    """One rank of `count`: its steps are those of one process that has the whole batch."""

    def __init__(self, network: TextNetwork, plan: Plan, rank: int, count: int) -> None:
        super().__init__(network, plan)
        self.rank, self.count, self.joined = rank, count, False

    def update(self, prepared: Batch, labels: np.ndarray, weights: np.ndarray, schedule_factor: float) -> torch.Tensor:
        if not self.joined:  # not before the first step: to restore may change which tokens' embeddings are trained
            self.loss, self.joined = wrapped(self.loss), True
        loss = super().update(prepared, labels, weights, schedule_factor)
        dist.all_reduce(loss)
        return loss / self.count


def wrapped(loss: torch.nn.Module) -> torch.nn.Module:
    return DistributedDataParallel(loss, broadcast_buffers=False, gradient_as_bucket_view=True)


def share(labels: np.ndarray, weights: np.ndarray, rank: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A rank's places in the batch, their labels, and weights such that the mean over ranks of the weighted means is
    that of the whole batch. A rank without a row takes part with one that weighs nothing.

    >>> [share(np.arange(3), np.ones(3), rank, 2)[2].tolist() for rank in range(2)]
    [[1.3333333333333333, 1.3333333333333333], [0.6666666666666666]]
    >>> share(np.arange(1), np.ones(1), 1, 2)[2].tolist()
    [0.0]
    """
    places = places_of(len(labels), rank, count)
    factor = len(places) * count / len(labels) if rank < len(labels) else 0.0
    return places, labels[places], weights[places] * factor


def places_of(rows: int, rank: int, count: int) -> np.ndarray:
    return np.arange(rank, rows, count) if rank < rows else np.zeros(1, np.int64)


def on_disk(examples: TextExamples) -> dict[str, Any]:
    """Examples for another process: it maps the same files."""
    maps = {name: getattr(examples, name) for name in ("tokens", "hidden")}
    files = {
        name: None if map is None else (map.filename, map.dtype, map.offset, map.shape) for name, map in maps.items()
    }
    return vars(examples) | files


def from_disk(fields: dict[str, Any]) -> TextExamples:
    maps = {
        name: fields[name] and np.memmap(fields[name][0], fields[name][1], "r", *fields[name][2:])
        for name in ("tokens", "hidden")
    }
    return TextExamples(**fields | maps)


def join(store: dist.Store, rank: int, count: int, place: torch.device) -> None:
    backend = "nccl" if place.type == "cuda" else "gloo"
    dist.init_process_group(backend, store=store, rank=rank, world_size=count, timeout=timedelta(seconds=PATIENCE))


def work(connection: Connection) -> None:
    """A worker's life: take orders until told to leave."""
    from transformers.utils import logging

    from .load import load_model

    logging.disable_progress_bar()
    rank, count, port, folder, plan, compute_dtype, met = connection.recv()
    if torch.cuda.is_available():
        torch.cuda.set_device(rank)
    network = load_model(folder)
    network.compute_dtype, network.met = compute_dtype, met
    connection.send("ready")
    store = dist.TCPStore("127.0.0.1", port, count, is_master=False, wait_for_workers=False)
    join(store, rank, count, network.place)
    own = RankTuner(network, plan, rank, count)
    orders: SimpleQueue[tuple] = SimpleQueue()
    batches: dict[int, Batch] = {}
    threading.Thread(target=listen, args=(connection, own, batches, orders), daemon=True).start()
    while (order := orders.get()) != ("leave",):
        obey(own, batches, *order)
    if network.place.type == "cuda":
        torch.cuda.synchronize()


def obey(own: RankTuner, batches: dict[int, Batch], name: str, *given: Any) -> None:
    if name != "update":
        getattr(own, name)(*given)
        return
    number, labels, weights, schedule_factor = given
    own.update(batches[number], labels, weights, schedule_factor)
    for old in [known for known in list(batches) if known <= number]:  # those between were prepared in vain
        del batches[old]


def listen(connection: Connection, own: RankTuner, batches: dict[int, Batch], orders: SimpleQueue[tuple]) -> None:
    """Prepare batches while steps are taken, and end the process with rank 0, however that ends."""
    try:
        if own.network.place.type == "cuda":
            torch.cuda.set_device(own.rank)  # of this thread
        while True:
            name, *given = connection.recv()
            if name == "prepare":
                batches[given[0]] = own.prepare(from_disk(given[1]))
            else:
                orders.put((name, *given))
    except (EOFError, ConnectionError):
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def main() -> None:
    try:
        work(Connection(int(sys.argv[1])))
    except (EOFError, ConnectionError):  # rank 0 is gone
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)  # threads and communicators have nothing left to do


if __name__ == "__main__":
    main()
