"""Passes through the blocks in inference mode: one trace for each range of blocks, for batches of one shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .backend import keras, tf
from .examples import Images
from .pooling import pool

BATCH = 32
NUMBER_TYPE = "float32"
"""bfloat16 halves the time of ResNet50 on CPUs that have it, but doubles that of depthwise convolutions
(EfficientNet-Lite0), whose features it also moves by 4%."""
HALF = float(np.finfo(np.float16).max)


class Forward:
    """The blocks of a network at one input size. Everything it compiles reads the weights of the moment."""

    def __init__(self, blocks: list[Any], normalise: Any, size: int, class_token: bool) -> None:
        self.blocks, self.normalise, self.class_token = blocks, normalise, class_token
        self.shapes = _shapes(blocks, size)
        self._passes: dict[tuple[int, tuple[int, ...], bool], Callable[..., Any]] = {}

    def through(self, x: Any, first: int, last: int, training: bool = False) -> Any:
        """Activations after block `last`, from those after block `first` (from pixels where that is 0)."""
        x = self.normalise(x) if first == 0 else tf.cast(x, tf.float32)
        return self.between(x, first, last, training)

    def between(self, x: Any, first: int, last: int, training: bool) -> Any:
        for block in self.blocks[first:last]:
            x = block(x, training=training)
        return x

    def pooled(self, x: Any, depth: int) -> Any:
        return pool(x, self.class_token and depth == len(self.blocks))

    def features(self, examples: Images, depths: tuple[int, ...]) -> Iterator[tuple[slice, list[np.ndarray]]]:
        """Pooled activations after each of the depths, batch by batch."""
        return self._run(examples, depths, pooled=True)

    def activations(self, examples: Images, depth: int) -> Iterator[tuple[slice, list[np.ndarray]]]:
        """float16 activations after a depth, batch by batch; what float16 cannot hold becomes its largest number."""
        return self._run(examples, (depth,), pooled=False)

    def signature(self, cut: int, batch: int) -> Any:
        """Of a batch of rows at a cut."""
        return tf.TensorSpec((batch, *self.shapes[cut]), tf.float16 if cut else tf.uint8)

    def _run(self, examples: Images, depths: tuple[int, ...], pooled: bool) -> Iterator[tuple[slice, list[np.ndarray]]]:
        if depths[0] < examples.cut:
            raise ValueError(f"rows kept after block {examples.cut} do not lead to block {depths[0]}")
        key = (examples.cut, depths, pooled)
        if key not in self._passes:
            self._passes[key] = self._compiled(*key)
        for batch, part in examples.batches(BATCH):
            outputs = self._passes[key](tf.constant(batch))
            yield part, [output.numpy()[: part.stop - part.start] for output in outputs]

    def _compiled(self, cut: int, depths: tuple[int, ...], pooled: bool) -> Callable[..., Any]:
        @tf.function(input_signature=[self.signature(cut, BATCH)], jit_compile=False)
        def run(x: Any) -> list[Any]:
            outputs, reached = [], cut
            x = self.through(x, cut, cut)
            for depth in depths:
                x, reached = self.between(x, reached, depth, training=False), depth
                half = tf.cast(tf.clip_by_value(x, -HALF, HALF), tf.float16) if not pooled else None
                outputs.append(tf.cast(self.pooled(x, depth), tf.float32) if pooled else half)
            return outputs

        return run


def _shapes(blocks: list[Any], size: int) -> list[tuple[int, ...]]:
    """Of one row at each cut."""
    shapes: list[tuple[int, ...]] = [(size, size, 3)]
    for block in blocks:
        output = block.compute_output_spec(keras.KerasTensor((1, *shapes[-1])))
        shapes.append(tuple(int(length) for length in output.shape[1:]))
    return shapes
