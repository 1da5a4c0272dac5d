"""The loss of a share of a batch, and its gradients by what is trained."""

from __future__ import annotations

from typing import Any

from ...records import TrainingPlan
from .backend import keras, tf
from .forward import Forward
from .internals.graph import all_layers, random_states
from .trainable import Trainable


class Gradients:
    """Loss and gradients of shares of a batch; called inside compiled functions."""

    def __init__(
        self, forward: Forward, head: list[Any], cut: int, training: TrainingPlan, trainable: Trainable, seed: int
    ) -> None:
        self.forward, self.head, self.cut, self.training = forward, head, cut, training
        self.trainable, self.seed = trainable, seed
        blocks = forward.blocks[cut:]
        # The head was fitted on features under BatchNorm's running statistics. Those of a batch of other images are so
        # far off that the loss begins a hundredfold (MNIST on EfficientNet-Lite0: 51 instead of 0.3); the running ones
        # stay, while scales and offsets are trained.
        self.stochastic = not any(has_batch_norm(block) for block in blocks)
        self.random_states = [state.value for block in blocks for state in random_states(block)]
        self.absent: list[int] = []
        """Places of variables that the loss does not depend on, known once it is traced."""

    @property
    def whole_batch(self) -> bool:
        """Whether a batch cannot be shared among cores: layers that draw keep their state in the network."""
        lora = self.training.lora
        return bool((self.stochastic and self.random_states) or (lora and lora.dropout))

    def compute_share(self, first: int, x: Any, labels: Any, weights: Any, update: Any, draw: Any) -> list[Any]:
        """The loss and its gradients but the absent ones, from activations after block `first`.

        `update` is the number of the update; `draw` is a number of its own for each update and share.
        """
        adapters = self.trainable.adapters
        masks = [adapter.mask(update) for adapter in adapters if adapter.dropout]
        for adapter, mask in zip(adapters, masks, strict=False):
            adapter.merge(mask)
        seed = self._reseed(draw)
        x = self.forward.through(x, first, self.cut, seed if self.training.augment and first == 0 else None)
        loss, gradients = self._loss_and_gradients(x, labels, weights, masks or [1.0] * len(adapters), seed)
        self.absent = [place for place, gradient in enumerate(gradients) if gradient is None]
        return [loss, *(tf.convert_to_tensor(gradient) for gradient in gradients if gradient is not None)]

    def clip(self, gradients: list[Any]) -> list[Any]:
        """One for each variable, None where absent; longer than `max_grad_norm` together, they are scaled down."""
        result = list(tf.clip_by_global_norm(gradients, self.training.max_grad_norm)[0])
        for place in self.absent:
            result.insert(place, None)
        return result

    def _reseed(self, draw: Any) -> Any:
        """Set the random layers' states by the plan's seed and `draw` alone; a seed for the share's own draws."""
        for place, state in enumerate(self.random_states, start=1):
            state.assign(tf.cast(tf.stack([(self.seed + 1_000_003 * place) % 2**31, draw]), state.dtype))
        return tf.stack([self.seed % 2**31, draw])

    def _loss_and_gradients(
        self, x: Any, labels: Any, weights: Any, masks: list[Any], seed: Any
    ) -> tuple[Any, list[Any]]:
        """Adapters are trained by the gradients of the kernels that they are merged into."""
        adapters = self.trainable.adapters
        kernels = [adapter.kernel for adapter in adapters]
        free = self.trainable.variables[2 * len(kernels) :]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([*kernels, *free])
            loss = self._loss(x, labels, weights, seed)
        gradients = tape.gradient(loss, [*kernels, *free])
        by_adapter = zip(adapters, gradients[: len(kernels)], masks, strict=True)
        adapted = [part for adapter, gradient, mask in by_adapter for part in adapter.gradients(gradient, mask)]
        return loss, adapted + gradients[len(kernels) :]

    def _loss(self, x: Any, labels: Any, weights: Any, seed: Any) -> Any:
        """Cross-entropy by the rows' weights: zero for padding, else over the rows that count."""
        depth = len(self.forward.blocks)
        x = self.forward.between(x, self.cut, depth, training=self.stochastic)
        x = tf.nn.experimental.stateless_dropout(self.forward.pooled(x, depth), self.training.dropout, seed)
        for layer in self.head:
            x = layer(x)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, tf.cast(x, tf.float32))
        return tf.reduce_sum(losses * weights)


def has_batch_norm(block: Any) -> bool:
    return any(isinstance(layer, keras.layers.BatchNormalization) for layer in all_layers(block))
