"""Gradient steps above the cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...contracts import TrainingPlan
from ..contract import Examples, State
from .backend import keras, tf
from .examples import Images
from .forward import Forward
from .lora import Adapter, adapters
from .optimizer import Optimizer


class VisionTuner:
    """`core.networks.contract.Tuner`: one compiled step for each cut that batches come from."""

    def __init__(self, forward: Forward, head: list[Any], cut: int, training: TrainingPlan, seed: int) -> None:
        self.forward, self.head, self.cut, self.training = forward, head, cut, training
        self.dropout = keras.layers.Dropout(training.dropout, seed=seed)
        self.adapters: list[Adapter] = []
        self.named: dict[str, Any] = {}
        self.trained: list[Any] = []
        rates: list[float] = []
        top = len(forward.blocks) - 1
        random = np.random.default_rng(seed)
        for place, block in enumerate(forward.blocks[cut:], start=cut):
            variables = self._adapt(place, block, random) if training.lora else self._free(place, block)
            self.trained += variables
            rates += [training.rate * training.rate_decay ** (top - place)] * len(variables)
        heads = [weight.value for layer in head for weight in layer.trainable_weights]
        self.named |= {f"head.{place}": variable for place, variable in enumerate(heads)}
        self.trained += heads
        rates += [training.head_rate] * len(heads)
        self.trained_parameters = sum(int(np.prod(variable.shape)) for variable in self.trained)
        self.optimizer = Optimizer(training.optimizer, self.trained, rates, training.weight_decay)
        # The head was fitted on features under BatchNorm's running statistics. Those of a batch of other images are so
        # far off that the loss begins a hundredfold (MNIST on EfficientNet-Lite0: 51 instead of 0.3); the running ones
        # stay, while scales and offsets are trained.
        self.stochastic = not any(has_batch_norm(block) for block in forward.blocks[cut:])
        self._steps: dict[int, Callable[..., Any]] = {}
        _seed([*forward.blocks[cut:], self.dropout], seed)

    def step(self, batch: Examples, labels: np.ndarray, weights: np.ndarray, rate: float) -> float:
        size = self.training.batch
        if not 0 < len(batch) <= size:
            raise ValueError(f"a batch has 1 to {size} rows, not {len(batch)}")
        if batch.cut > self.cut:
            raise ValueError(f"rows kept after block {batch.cut} have passed the cut at {self.cut}")
        if batch.cut not in self._steps:
            self._steps[batch.cut] = self._compiled(batch.cut)
        counted = np.zeros(size, np.float32)
        counted[: len(batch)] = weights
        arrays = (Images.of(batch).padded(size), np.resize(labels, size).astype(np.int32), counted, np.float32(rate))
        return float(self._steps[batch.cut](*map(tf.constant, arrays)))

    def variables(self) -> State:
        return {name: variable.numpy() for name, variable in self.named.items()}

    def assign(self, variables: State) -> None:
        for name, value in variables.items():
            self.named[name].assign(value)
        for adapter in self.adapters:
            adapter.merge()

    def finish(self) -> None:
        """Adapters are merged after every step already."""

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

    def _compiled(self, cut: int) -> Callable[..., Any]:
        size = self.training.batch
        row = tf.TensorSpec((size,), tf.float32)
        signature = [
            self.forward.signature(cut, size), tf.TensorSpec((size,), tf.int32), row, tf.TensorSpec((), tf.float32)
        ]  # fmt: skip

        @tf.function(input_signature=signature, jit_compile=False)
        def step(x: Any, labels: Any, weights: Any, rate: Any) -> Any:
            masks = [adapter.mask(self.optimizer.steps) for adapter in self.adapters if adapter.dropout]
            for adapter, mask in zip(self.adapters, masks, strict=False):
                adapter.merge(mask)
            x = self.forward.through(x, cut, self.cut)
            loss, gradients = self._gradients(x, labels, weights, masks or [1.0] * len(self.adapters))
            gradients, _ = tf.clip_by_global_norm(gradients, self.training.clip)
            self.optimizer.apply(gradients, rate)
            for adapter in self.adapters:
                adapter.merge()
            return loss

        return step

    def _gradients(self, x: Any, labels: Any, weights: Any, masks: list[Any]) -> tuple[Any, list[Any]]:
        """The loss, and its gradient by each of `trained`."""
        kernels = [adapter.kernel for adapter in self.adapters]
        free = self.trained[2 * len(kernels) :]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([*kernels, *free])
            loss = self._loss(x, labels, weights)
        gradients = tape.gradient(loss, [*kernels, *free])
        own = zip(self.adapters, gradients[: len(kernels)], masks, strict=True)
        adapted = [part for adapter, gradient, mask in own for part in adapter.gradients(gradient, mask)]
        return loss, adapted + gradients[len(kernels) :]

    def _loss(self, x: Any, labels: Any, weights: Any) -> Any:
        """Weighted cross-entropy, mean over the rows that are no padding, with dropout above the cut."""
        depth = len(self.forward.blocks)
        x = self.forward.between(x, self.cut, depth, training=self.stochastic)
        x = self.dropout(self.forward.pooled(x, depth), training=True)
        for layer in self.head:
            x = layer(x)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, tf.cast(x, tf.float32))
        return tf.reduce_sum(losses * weights) / tf.cast(tf.math.count_nonzero(weights), tf.float32)


def _seed(layers: list[Any], seed: int) -> None:
    """Every random layer draws anew from the seed: the process has no say in it."""
    states = [v for layer in layers for v in layer.variables if v.path.endswith("seed_generator_state")]
    for place, state in enumerate(states):
        state.assign(np.array([seed % 2**32, place], dtype=state.dtype))


def has_batch_norm(block: Any) -> bool:
    return any(isinstance(layer, keras.layers.BatchNormalization) for layer in block._flatten_layers())
