"""What folding BatchNorm saves: `python -m benchmarks.folding`.

EfficientNet-Lite0 on the MNIST example in one process. The sides take turns, pass by pass and update by update of 32
rows, so that both meet the same load of the machine. Printed are CPU seconds of all threads, after tracing.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from tests.networks import harness
from thaw.cli.defaults import CACHE
from thaw.examples import lite0, mnist
from thaw.networks.keras import forward, open_network
from thaw.networks.keras.internals import folding

ROWS, PASS_ROWS, PASSES, UPDATES = 32, 160, 6, 20


class PlainBlock:
    """A block as Keras runs it."""

    def __init__(self, block: Any) -> None:
        self.block = block

    def __call__(self, x: Any, training: bool) -> Any:
        return self.block(x, training=training)


def pointwise_convolution(x: Any, kernel: Any, bias: Any) -> Any:
    from thaw.networks.keras.backend import tf

    return tf.nn.bias_add(tf.nn.conv2d(x, kernel[None, None], 1, "VALID"), bias)


SIDES: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "as it is": lambda: mock.patch.object(forward, "FoldedBlock", folding.FoldedBlock),
    "BatchNorm apart": lambda: mock.patch.object(forward, "FoldedBlock", PlainBlock),
    "1×1 as convolution": lambda: mock.patch.object(folding, "_pointwise", pointwise_convolution),
}


class Side:
    """A network with everything traced."""

    def __init__(self, raw: list[bytes], labels: np.ndarray, scratch: Path) -> None:
        network = open_network("lite0", lite0.prepare(CACHE), 28, None)
        self.network, self.labels, self.depth = network, labels, len(network.blocks)
        self.examples = network.encode(raw, scratch)
        width = network.features(self.examples.take(np.arange(ROWS)), [self.depth])[self.depth].shape[1]
        network.set_head(harness.random_head(width, 10))
        self.tuner = network.tuner(harness.plan(network, 0, "image", batch_size=ROWS, learning_rate=6e-5))
        self.update(0)

    def frozen(self, turn: int) -> None:
        rows = np.arange(turn * PASS_ROWS, (turn + 1) * PASS_ROWS) % len(self.examples)
        self.network.features(self.examples.take(rows), [self.depth])

    def update(self, turn: int) -> None:
        rows = np.arange(turn * ROWS, (turn + 1) * ROWS) % len(self.examples)
        harness.step(self.tuner, self.examples.take(rows), self.labels[rows])


def seconds(run: Callable[[int], None], turn: int) -> float:
    start = time.process_time()
    run(turn)
    return time.process_time() - start


def main() -> None:
    files = sorted(mnist.prepare(CACHE).rglob("*.png"))
    files = [files[i] for i in np.random.default_rng(0).permutation(len(files))]
    labels = np.array([int(file.parent.name) for file in files])
    sides = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name, patched in SIDES.items():
            with patched():
                sides[name] = Side([file.read_bytes() for file in files], labels, Path(scratch))
        for work, turns in (("frozen", PASSES), ("update", UPDATES)):
            times = [
                {name: seconds(getattr(side, work), turn) for name, side in sides.items()} for turn in range(turns)
            ]
            for name in SIDES:
                print(f"{work:8}{name:20}{sum(turn[name] for turn in times):8.2f} s")


if __name__ == "__main__":
    main()
