"""Low-rank adapters (Hu et al. 2022) that are always merged.

A layer's kernel is W + s·A·B all the time. With G the gradient of that kernel, those of A and B are s·G·Bᵀ and s·Aᵀ·G:
the adapters are trained by the chain rule alone, the network's graph stays as it is, and a saved one is plain.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .backend import keras, tf
from .internals.graph import all_layers


class Adapter:
    """The low-rank adapter of a Dense or EinsumDense layer's kernel, seen as a matrix (inputs, outputs)."""

    def __init__(self, layer: Any, rank: int, alpha: float, dropout: float, random: np.random.Generator) -> None:
        self.kernel = layer.kernel.value
        inputs = math.prod(self.kernel.shape[: _contracted(layer)])
        outputs = math.prod(self.kernel.shape) // inputs
        bound = 1 / math.sqrt(inputs)
        self.a = tf.Variable(random.uniform(-bound, bound, (inputs, rank)).astype(np.float32))
        self.b = tf.Variable(tf.zeros((rank, outputs)))
        self.base = tf.constant(self.kernel.numpy())
        self.scale, self.dropout = alpha / rank, dropout
        self.seed = int(random.integers(2**31))

    @property
    def variables(self) -> list[Any]:
        return [self.a, self.b]

    def mask(self, update: Any) -> Any:
        """Dropout of A's inputs in update number `update`, the same for all rows (Lin et al. 2024, LoRA dropout)."""
        kept = tf.random.stateless_uniform((self.a.shape[0], 1), seed=tf.stack([self.seed, update]))
        return tf.cast(kept >= self.dropout, tf.float32) / (1 - self.dropout)

    def merge(self, mask: Any = 1.0) -> None:
        """Put W + s·A·B into the kernel, on the device that runs this."""
        delta = self.scale * tf.matmul(self.a * mask, self.b)
        self.kernel.assign(self.base + tf.reshape(delta, self.base.shape))

    def gradients(self, gradient: Any, mask: Any = 1.0) -> list[Any]:
        """The gradients of A and B, from the kernel's: s·G·Bᵀ and s·Aᵀ·G."""
        matrix = self.scale * tf.reshape(gradient, (self.a.shape[0], self.b.shape[1]))
        return [
            mask * tf.matmul(matrix, self.b, transpose_b=True),
            tf.matmul(self.a * mask, matrix, transpose_a=True),
        ]


def adapters(block: Any, rank: int, alpha: float, dropout: float, random: np.random.Generator) -> list[Adapter]:
    """An adapter for each dense layer of a block."""
    dense = (keras.layers.Dense, keras.layers.EinsumDense)
    layers = [layer for layer in all_layers(block) if isinstance(layer, dense)]
    return [Adapter(layer, rank, alpha, dropout, random) for layer in layers]


def _contracted(layer: Any) -> int:
    """Number of leading axes of the kernel that are summed over: two in "abcd,cde->abe"."""
    if not isinstance(layer, keras.layers.EinsumDense):
        return 1
    operands, result = layer.equation.split("->")
    kernel = operands.split(",")[1]
    return sum(letter not in result for letter in kernel)
