"""The program of every rank but 0: `python -m` this module, started by `rank_process` with a pipe to rank 0.

It opens a network of its own, joins the others, and then does what the pipe says until it says to leave. Nothing
imports this module.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

import torch
import torch.distributed as dist

from .batch import Batch
from .load import load_model
from .rank import RankTuner, join_process_group
from .rank_process import LEAVE, PREPARE, READY, UPDATE, Start
from .sharing import from_message

Order = tuple[Any, ...]
"""The name of a method of `RankTuner` and its arguments."""


def main(connection: Connection) -> None:
    tuner = open_tuner(connection)
    orders: SimpleQueue[Order] = SimpleQueue()
    batches: dict[int, Batch] = {}
    threading.Thread(target=exit_on_error, args=(listen, connection, tuner, batches, orders), daemon=True).start()
    while (order := orders.get()) != (LEAVE,):
        obey(tuner, batches, *order)
    if tuner.network.torch_device.type == "cuda":
        torch.cuda.synchronize()


def open_tuner(connection: Connection) -> RankTuner:
    """The tuner of the rank that the first message describes, once all ranks have one."""
    start: Start = connection.recv()
    if torch.cuda.is_available():
        torch.cuda.set_device(start.rank)
    network = load_model(start.folder)
    network.compute_dtype, network.seen_tokens = start.compute_dtype, start.seen_tokens
    connection.send(READY)
    store = dist.TCPStore("127.0.0.1", start.port, start.ranks, is_master=False, wait_for_workers=False)
    join_process_group(store, start.rank, start.ranks, network.torch_device)
    return RankTuner(network, start.plan, start.rank, start.ranks)


def obey(tuner: RankTuner, batches: dict[int, Batch], name: str, *arguments: Any) -> None:
    if name != UPDATE:
        getattr(tuner, name)(*arguments)
        return
    number, labels, weights, schedule_factor = arguments
    tuner.update(batches[number], labels, weights, schedule_factor)
    for old in [other for other in batches if other <= number]:  # those between were prepared in vain
        del batches[old]


def listen(connection: Connection, tuner: RankTuner, batches: dict[int, Batch], orders: SimpleQueue[Order]) -> None:
    """Prepare batches while updates run."""
    if tuner.network.torch_device.type == "cuda":
        torch.cuda.set_device(tuner.rank)  # of this thread
    while True:
        name, *arguments = connection.recv()
        if name == PREPARE:
            number, message = arguments
            batches[number] = tuner.prepare(from_message(message))
        else:
            orders.put((name, *arguments))


def exit_on_error(function: Callable[..., None], *arguments: Any) -> None:
    """Call the function; whatever it raises, in any thread, ends the process: also when rank 0 is gone."""
    try:
        function(*arguments)
    except (EOFError, ConnectionError):
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


if __name__ == "__main__":
    from transformers.utils import logging

    logging.disable_progress_bar()
    exit_on_error(main, Connection(int(sys.argv[1])))
    os._exit(0)  # threads and communicators have nothing left to do
