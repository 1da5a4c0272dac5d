"""The devices of this machine: one, or several that each hold a copy of the variables and take a share of a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

import numpy as np

from ...cores import cores
from ..nodes import require_single_node
from .backend import tf


class Devices:
    """All GPUs of the node, or its CPU where it has none. What is built to run on them is built inside `scope`."""

    def __init__(self) -> None:
        require_single_node()
        self.names = [device.name for kind in ("GPU", "CPU") for device in tf.config.list_logical_devices(kind)]
        self.on_gpu = "GPU" in self.names[0]
        self.names = [name for name in self.names if ("GPU" in name) == self.on_gpu]
        self.count = len(self.names)
        self.cores = 1 if self.on_gpu or self.count > 1 else cores()
        """Cores of a CPU that work in parallel, each on a batch or on a share of one."""
        self._pool = ThreadPoolExecutor(self.cores, thread_name_prefix="cores")
        self._mirrored = tf.distribute.MirroredStrategy(self.names) if self.count > 1 else None

    def scope(self) -> AbstractContextManager[Any]:
        return self._mirrored.scope() if self._mirrored else nullcontext()

    def distribute(self, rows: np.ndarray) -> Any:
        """An even share of the rows on each device; their number is a multiple of `count`."""
        if not self._mirrored:
            return tf.constant(rows)
        parts = np.split(rows, self.count)

        def part(context: Any) -> Any:
            replica = context.replica_id_in_sync_group
            with tf.device(self.names[replica]):
                return tf.constant(parts[replica])

        return self._mirrored.experimental_distribute_values_from_function(part)

    def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """The function on each device, with its share of the arguments."""
        return self._mirrored.run(function, args=arguments) if self._mirrored else function(*arguments)

    def map_on_cores(self, function: Callable[..., Any], parts: Iterable[tuple[Any, ...]]) -> list[Any]:
        """What the function gives for each of the parts, computed on the cores in parallel."""
        return list(self._pool.map(lambda part: function(*part), parts))

    def all_reduce(self, tensors: list[Any]) -> list[Any]:
        """The sum over devices, for functions that they run."""
        if not self._mirrored:
            return tensors
        context = tf.distribute.get_replica_context()
        return list(context.all_reduce(tf.distribute.ReduceOp.SUM, tensors))

    @property
    def replica(self) -> Any:
        """Number of the device, from 0, for functions that they run."""
        return tf.distribute.get_replica_context().replica_id_in_sync_group if self._mirrored else 0

    def first(self, result: Any) -> Any:
        """The first device's result, where all gave the same."""
        return self._mirrored.experimental_local_results(result)[0] if self._mirrored else result

    def gather(self, result: Any) -> np.ndarray:
        """The shares of all devices, one after the other."""
        if not self._mirrored:
            return np.asarray(result)
        return np.concatenate([np.asarray(part) for part in self._mirrored.experimental_local_results(result)])


@cache
def devices() -> Devices:
    """The devices of this process."""
    return Devices()
