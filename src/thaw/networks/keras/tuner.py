"""Gradient steps above the cut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...records import TrainingPlan
from ..protocol import Examples, StateDict
from .backend import keras, tf
from .examples import Images
from .forward import Forward
from .internals.graph import all_layers, random_states
from .lora import Adapter, adapters
from .optimizer import Optimizer

LEAST_ROWS = 4
"""Of a part of a batch that a core works on: below, the operations' own overhead is what takes time."""


Step = Callable[[list[tuple[Any, ...]], Any, Any], Any]
"""Of the shares (values, labels, weights) that run side by side, the rate, and the step's number: the loss."""


@dataclass(frozen=True)
class Batch:
    """What a step takes: the values on the devices, padded to the plan's batch, in the parts that run side by side."""

    values: list[Any]
    rows: int
    cut: int


class VisionTuner:
    """`core.networks.contract.Tuner`: one compiled step for each cut that batches come from."""

    def __init__(self, forward: Forward, head: list[Any], cut: int, training: TrainingPlan, seed: int) -> None:
        self.forward, self.head, self.cut, self.training, self.seed = forward, head, cut, training, seed
        self.devices = forward.devices
        self.adapters: list[Adapter] = []
        self.named: dict[str, Any] = {}
        self.trained: list[Any] = []
        self.steps = 0
        rates: list[float] = []
        top = len(forward.blocks) - 1
        random = np.random.default_rng(seed)
        for place, block in enumerate(forward.blocks[cut:], start=cut):
            variables = self._adapt(place, block, random) if training.lora else self._free(place, block)
            self.trained += variables
            rates += [training.learning_rate * training.layer_decay ** (top - place)] * len(variables)
        heads = [weight.value for layer in head for weight in layer.trainable_weights]
        self.named |= {f"head.{place}": variable for place, variable in enumerate(heads)}
        self.trained += heads
        rates += [training.head_learning_rate] * len(heads)
        self.trained_parameters = sum(int(np.prod(variable.shape)) for variable in self.trained)
        self.optimizer = Optimizer(training.optimizer, self.trained, rates, training.weight_decay)
        # The head was fitted on features under BatchNorm's running statistics. Those of a batch of other images are so
        # far off that the loss begins a hundredfold (MNIST on EfficientNet-Lite0: 51 instead of 0.3); the running ones
        # stay, while scales and offsets are trained.
        self.stochastic = not any(has_batch_norm(block) for block in forward.blocks[cut:])
        self._random = [state.value for block in forward.blocks[cut:] for state in random_states(block)]
        # Layers that draw keep their state in the network, and can do so for one part of a batch at a time.
        whole = (self.stochastic and self._random) or (training.lora and training.lora.dropout)
        self.parts = 1 if whole else max(1, min(self.devices.cores, training.batch_size // LEAST_ROWS))
        self.places = self.devices.count * self.parts
        """Shares of a batch, each with random numbers of its own."""
        self.size = -(-training.batch_size // self.places) * self.places
        self._compiled: dict[int, Step] = {}

    def prepare(self, batch: Examples) -> Batch:
        if not 0 < len(batch) <= self.training.batch_size:
            raise ValueError(f"a batch has 1 to {self.training.batch_size} rows, not {len(batch)}")
        if batch.cut > self.cut:
            raise ValueError(f"rows kept after block {batch.cut} have passed the cut at {self.cut}")
        return Batch(self._parted(Images.of(batch).padded(self.size)), len(batch), batch.cut)

    def update(self, prepared: Batch, labels: np.ndarray, weights: np.ndarray, schedule_factor: float) -> Any:
        if prepared.cut not in self._compiled:
            self._compiled[prepared.cut] = (
                self._whole(prepared.cut) if self.parts == 1 else self._in_parts(prepared.cut)
            )
        counted = np.zeros(self.size, np.float32)
        counted[: prepared.rows] = weights / max(np.count_nonzero(weights), 1)
        own = self._parted(np.resize(labels, self.size).astype(np.int32)), self._parted(counted)
        self.steps += 1
        shares = list(zip(prepared.values, *own, strict=True))
        return self._compiled[prepared.cut](
            shares, tf.constant(schedule_factor, tf.float32), tf.constant(self.steps, tf.int32)
        )

    def _parted(self, rows: np.ndarray) -> list[Any]:
        return [self.devices.share(part) for part in np.split(rows, self.parts)]

    def variables(self) -> StateDict:
        return {name: variable.numpy() for name, variable in self.named.items()}

    def assign(self, variables: StateDict) -> None:
        for name, value in variables.items():
            self.named[name].assign(value)
        self.devices.run(self._merge)

    def state_dict(self) -> StateDict:
        """The random state of a step follows from the plan's seed and the step's number."""
        moments = {name: moment.numpy() for name, moment in self._moments().items()}
        return self.variables() | moments | {"steps": np.array(self.steps)}

    def load_state_dict(self, state: StateDict) -> None:
        for name, moment in self._moments().items():
            moment.assign(state[name])
        self.steps = int(state["steps"])
        self.assign({name: state[name] for name in self.named})

    def finish(self) -> None:
        """Adapters are merged after every step already."""

    def _moments(self) -> dict[str, Any]:
        own = enumerate(self.optimizer.moments)
        return {f"moment.{place}.{order}": m for place, moments in own for order, m in enumerate(moments)}

    def _free(self, place: int, block: Any) -> list[Any]:
        """All weights of a block; BatchNorm's statistics are kept with them, though no gradient moves them."""
        self.named |= {f"{place}.{index}.{w.name}": w.value for index, w in enumerate(block.weights)}
        return [weight.value for weight in block.trainable_weights]

    def _adapt(self, place: int, block: Any, random: np.random.Generator) -> list[Any]:
        lora = self.training.lora
        assert lora is not None
        added = adapters(block, lora.rank, lora.alpha, lora.dropout, random)
        self.adapters += added
        variables = [variable for adapter in added for variable in adapter.variables]
        self.named |= {f"{place}.lora.{index}": variable for index, variable in enumerate(variables)}
        return variables

    def _merge(self) -> None:
        for adapter in self.adapters:
            adapter.merge()

    def _whole(self, cut: int) -> Step:
        """Each device takes its share of the batch, and all of them the same step."""

        def step(x: Any, labels: Any, weights: Any, rate: Any, number: Any) -> Any:
            own = self._share(cut, x, labels, weights, number, self.devices.place)
            return self._update(self.devices.total(own), rate, number)

        compiled = tf.function(lambda *arguments: self.devices.run(step, *arguments), jit_compile=False)
        return lambda shares, rate, number: self.devices.first(compiled(*shares[0], rate, number))

    def _in_parts(self, cut: int) -> Step:
        """Each core takes a part of the batch; they are added up in their order."""
        share = tf.function(lambda *arguments: self._share(cut, *arguments), jit_compile=False)

        @tf.function(jit_compile=False)
        def update(parts: list[list[Any]], rate: Any, number: Any) -> Any:
            return self._update([tf.add_n(own) for own in zip(*parts, strict=True)], rate, number)

        def step(shares: list[tuple[Any, ...]], rate: Any, number: Any) -> Any:
            numbered = [(*own, number, tf.constant(place)) for place, own in enumerate(shares)]
            return update(self.devices.side_by_side(share, numbered), rate, number)

        return step

    def _share(self, cut: int, x: Any, labels: Any, weights: Any, number: Any, place: Any) -> list[Any]:
        """Of a share of the batch, the loss and its gradients by those of `trained` that it depends on."""
        masks = [adapter.mask(number) for adapter in self.adapters if adapter.dropout]
        for adapter, mask in zip(self.adapters, masks, strict=False):
            adapter.merge(mask)
        seed = self._draw_anew(number * self.places + place)
        x = self.forward.through(x, cut, self.cut, seed if self.training.augment and cut == 0 else None)
        loss, gradients = self._gradients(x, labels, weights, masks or [1.0] * len(self.adapters), seed)
        self._absent = [place for place, gradient in enumerate(gradients) if gradient is None]
        return [loss, *(tf.convert_to_tensor(gradient) for gradient in gradients if gradient is not None)]

    def _update(self, total: list[Any], rate: Any, number: Any) -> Any:
        loss, *gradients = total
        clipped = list(tf.clip_by_global_norm(gradients, self.training.max_grad_norm)[0])
        for place in self._absent:
            clipped.insert(place, None)
        self.optimizer.apply(clipped, rate, tf.cast(number, tf.float32))
        self._merge()
        return loss

    def _draw_anew(self, turn: Any) -> Any:
        """Every random layer's state, from the plan's seed and the turn, which is a number for each step and share:
        what came before has no say in it.

        The seed of what the share itself draws, two integers.
        """
        for place, state in enumerate(self._random, start=1):
            state.assign(tf.cast(tf.stack([(self.seed + 1_000_003 * place) % 2**31, turn]), state.dtype))
        return tf.stack([self.seed % 2**31, turn])

    def _gradients(self, x: Any, labels: Any, weights: Any, masks: list[Any], seed: Any) -> tuple[Any, list[Any]]:
        """The loss, and its gradient by each of `trained`."""
        kernels = [adapter.kernel for adapter in self.adapters]
        free = self.trained[2 * len(kernels) :]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([*kernels, *free])
            loss = self._loss(x, labels, weights, seed)
        gradients = tape.gradient(loss, [*kernels, *free])
        own = zip(self.adapters, gradients[: len(kernels)], masks, strict=True)
        adapted = [part for adapter, gradient, mask in own for part in adapter.gradients(gradient, mask)]
        return loss, adapted + gradients[len(kernels) :]

    def _loss(self, x: Any, labels: Any, weights: Any, seed: Any) -> Any:
        """Cross-entropy by the rows' weights (zero for padding, else over the rows that count), with dropout above the
        cut."""
        depth = len(self.forward.blocks)
        x = self.forward.between(x, self.cut, depth, training=self.stochastic)
        x = tf.nn.experimental.stateless_dropout(self.forward.pooled(x, depth), self.training.dropout, seed)
        for layer in self.head:
            x = layer(x)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, tf.cast(x, tf.float32))
        return tf.reduce_sum(losses * weights)


def has_batch_norm(block: Any) -> bool:
    return any(isinstance(layer, keras.layers.BatchNormalization) for layer in all_layers(block))
