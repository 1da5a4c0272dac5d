"""Passes through the blocks in inference mode: one trace for each range of blocks, for batches of one shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ...data.prefetch import BUFFER_SIZE, prefetch
from .augment import random_resized_crops
from .backend import keras, tf
from .devices import Devices
from .examples import Images
from .internals.folding import FoldedBlock
from .pooling import pool

BATCH_SIZE = 32
"""Rows that a device takes at once."""
MAX_FLOAT16 = float(np.finfo(np.float16).max)

Output = tuple[slice, list[np.ndarray]]
"""Rows as a slice, and one array for each depth."""


class Forward:
    """The blocks of a network at one input size. What it compiles always reads the weights as they are now."""

    def __init__(
        self, blocks: list[Any], normalise: Any, size: int, class_token: bool, compute_dtype: str, devices: Devices
    ) -> None:
        self.blocks, self.normalise, self.class_token = blocks, normalise, class_token
        self.compute_dtype, self.devices = compute_dtype, devices
        self.shapes = _shapes(blocks, size)
        self._folded = [FoldedBlock(block) for block in blocks]
        self._passes: dict[tuple[int, tuple[int, ...], bool], Callable[..., Any]] = {}

    def through(self, x: Any, first: int, last: int, augmentation_seed: Any = None) -> Any:
        """Activations after block `last`, from those after block `first` (from pixels where that is 0).

        With an `augmentation_seed` it sees random crops of the pixels.
        """
        if first == 0:
            x = x if augmentation_seed is None else random_resized_crops(x, augmentation_seed)
            x = self.normalise(x)
        else:
            x = tf.cast(x, self.compute_dtype)
        return self.between(x, first, last)

    def between(self, x: Any, first: int, last: int, training: bool = False) -> Any:
        """Activations after block `last`, from those after block `first`."""
        for block in self._folded[first:last]:
            x = block(x, training)
        return x

    def pooled(self, x: Any, depth: int) -> Any:
        """Pooled activations, (rows, width) in float32."""
        return tf.cast(pool(x, self.class_token and depth == len(self.blocks)), tf.float32)

    def features(self, examples: Images, depths: tuple[int, ...]) -> Iterator[Output]:
        """Pooled activations after each of the depths, batch by batch."""
        return self._run(examples, depths, pooled=True)

    def activations(self, examples: Images, depth: int) -> Iterator[Output]:
        """float16 activations after a depth, batch by batch; what float16 cannot hold becomes its largest number."""
        return self._run(examples, (depth,), pooled=False)

    def _run(self, examples: Images, depths: tuple[int, ...], pooled: bool) -> Iterator[Output]:
        """Batches are decoded while the devices work on others; cores of a CPU take one each."""
        if depths[0] < examples.cut:
            raise ValueError(f"rows kept after block {examples.cut} do not lead to block {depths[0]}")
        key = (examples.cut, depths, pooled)
        if key not in self._passes:
            self._passes[key] = self._compiled(*key)
        size = BATCH_SIZE * self.devices.count
        parts = [slice(start, min(start + size, len(examples))) for start in range(0, len(examples), size)]

        def start(part: slice) -> tuple[slice, Any]:
            return part, self._passes[key](self.devices.distribute(examples.batch(part, size)))

        workers = self.devices.cores if self.devices.cores > 1 else BUFFER_SIZE
        for part, outputs in prefetch(start, parts, workers + 1, workers):
            yield part, [self.devices.gather(output)[: part.stop - part.start] for output in outputs]

    def _compiled(self, cut: int, depths: tuple[int, ...], pooled: bool) -> Callable[..., Any]:
        def run(x: Any) -> list[Any]:
            outputs, reached = [], cut
            x = self.through(x, cut, cut)
            for depth in depths:
                x, reached = self.between(x, reached, depth), depth
                outputs.append(self.pooled(x, depth) if pooled else _half(x))
            return outputs

        return tf.function(lambda x: self.devices.run(run, x), jit_compile=False)


def _half(x: Any) -> Any:
    return tf.cast(tf.clip_by_value(tf.cast(x, tf.float32), -MAX_FLOAT16, MAX_FLOAT16), tf.float16)


def _shapes(blocks: list[Any], size: int) -> list[tuple[int, ...]]:
    """Shape of one row at each depth, from the pixels on."""
    shapes: list[tuple[int, ...]] = [(size, size, 3)]
    for block in blocks:
        output = block.compute_output_spec(keras.KerasTensor((1, *shapes[-1])))
        shapes.append(tuple(int(length) for length in output.shape[1:]))
    return shapes
