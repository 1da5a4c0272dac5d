"""Optimizer updates above the cut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...records import TrainingPlan
from ..protocol import Examples, StateDict
from .backend import tf
from .examples import Images
from .forward import Forward
from .gradients import Gradients
from .optimizer import Optimizer
from .trainable import trainable

MIN_ROWS_PER_CORE = 4
"""Rows of a batch that are worth a core: with fewer, the operations' own overhead is what takes time."""

Update = Callable[[list[tuple[Any, ...]], Any, Any], Any]
"""(shares, schedule factor, number of the update) to the loss. A share is (values, labels, weights)."""


@dataclass(frozen=True)
class Batch:
    """What an update takes: values on the devices, padded to the plan's batch, in the shares that run in parallel."""

    values: list[Any]
    rows: int
    cut: int


class VisionTuner:
    """`networks.protocol.Tuner` for images: one compiled update for each cut that batches come from."""

    def __init__(self, forward: Forward, head: list[Any], cut: int, training: TrainingPlan, seed: int) -> None:
        self.cut, self.training, self.devices = cut, training, forward.devices
        self.trainable = trainable(forward.blocks, head, cut, training, seed)
        self.trained_parameters = self.trainable.parameters
        self.gradients = Gradients(forward, head, cut, training, self.trainable, seed)
        self.optimizer = Optimizer(
            training.optimizer, self.trainable.variables, self.trainable.learning_rates, training.weight_decay
        )
        max_shares = min(self.devices.cores, training.batch_size // MIN_ROWS_PER_CORE)
        self.cores = 1 if self.gradients.whole_batch else max(1, max_shares)
        self.shares = self.devices.count * self.cores
        """Shares of a batch, each with random numbers of its own."""
        self.padded_size = -(-training.batch_size // self.shares) * self.shares
        self.updates = 0
        self._compiled: dict[int, Update] = {}

    def prepare(self, batch: Examples) -> Batch:
        if not 0 < len(batch) <= self.training.batch_size:
            raise ValueError(f"a batch has 1 to {self.training.batch_size} rows, not {len(batch)}")
        if batch.cut > self.cut:
            raise ValueError(f"rows kept after block {batch.cut} have passed the cut at {self.cut}")
        return Batch(self._by_core(Images.of(batch).padded(self.padded_size)), len(batch), batch.cut)

    def update(self, prepared: Batch, labels: np.ndarray, weights: np.ndarray, schedule_factor: float) -> Any:
        if prepared.cut not in self._compiled:
            self._compiled[prepared.cut] = (
                self._by_device(prepared.cut) if self.cores == 1 else self._on_cores(prepared.cut)
            )
        padded = np.zeros(self.padded_size, np.float32)
        padded[: prepared.rows] = weights / max(np.count_nonzero(weights), 1)
        targets = np.resize(labels, self.padded_size).astype(np.int32)
        self.updates += 1
        shares = list(zip(prepared.values, self._by_core(targets), self._by_core(padded), strict=True))
        factor, number = tf.constant(schedule_factor, tf.float32), tf.constant(self.updates, tf.int32)
        return self._compiled[prepared.cut](shares, factor, number)

    def variables(self) -> StateDict:
        return {name: variable.numpy() for name, variable in self.trainable.named.items()}

    def assign(self, variables: StateDict) -> None:
        for name, value in variables.items():
            self.trainable.named[name].assign(value)
        self.devices.run(self._merge)

    def state_dict(self) -> StateDict:
        """The random state of an update follows from the plan's seed and the update's number."""
        moments = {name: moment.numpy() for name, moment in self._moments().items()}
        return self.variables() | moments | {"steps": np.array(self.updates)}

    def load_state_dict(self, state: StateDict) -> None:
        for name, moment in self._moments().items():
            moment.assign(state[name])
        self.updates = int(state["steps"])
        self.assign({name: state[name] for name in self.trainable.named})

    def finish(self) -> None:
        """Adapters are merged after every update already."""

    def _moments(self) -> dict[str, Any]:
        by_variable = enumerate(self.optimizer.moments)
        return {f"moment.{place}.{order}": m for place, moments in by_variable for order, m in enumerate(moments)}

    def _merge(self) -> None:
        for adapter in self.trainable.adapters:
            adapter.merge()

    def _by_core(self, rows: np.ndarray) -> list[Any]:
        return [self.devices.distribute(part) for part in np.split(rows, self.cores)]

    def _by_device(self, cut: int) -> Update:
        """Each device takes its share of the batch, and all of them make the same update."""

        def update(x: Any, labels: Any, weights: Any, factor: Any, number: Any) -> Any:
            draw = number * self.shares + self.devices.replica
            own = self.gradients.compute_share(cut, x, labels, weights, number, draw)
            return self._apply(self.devices.all_reduce(own), factor, number)

        compiled = tf.function(lambda *arguments: self.devices.run(update, *arguments), jit_compile=False)
        return lambda shares, factor, number: self.devices.first(compiled(*shares[0], factor, number))

    def _on_cores(self, cut: int) -> Update:
        """Each core takes a share of the batch; their gradients are added up in their order."""

        def gradients(x: Any, labels: Any, weights: Any, number: Any, place: Any) -> list[Any]:
            return self.gradients.compute_share(cut, x, labels, weights, number, number * self.shares + place)

        @tf.function(jit_compile=False)
        def apply(parts: list[list[Any]], factor: Any, number: Any) -> Any:
            return self._apply([tf.add_n(own) for own in zip(*parts, strict=True)], factor, number)

        compiled = tf.function(gradients, jit_compile=False)

        def update(shares: list[tuple[Any, ...]], factor: Any, number: Any) -> Any:
            numbered = [(*share, number, tf.constant(place)) for place, share in enumerate(shares)]
            return apply(self.devices.map_on_cores(compiled, numbered), factor, number)

        return update

    def _apply(self, loss_and_gradients: list[Any], factor: Any, number: Any) -> Any:
        loss, *gradients = loss_and_gradients
        self.optimizer.apply(self.gradients.clip(gradients), factor, tf.cast(number, tf.float32))
        self._merge()
        return loss
