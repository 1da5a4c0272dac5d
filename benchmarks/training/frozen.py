"""The network runs in every epoch, or once."""

from __future__ import annotations

from typing import Any

from . import thaw_side
from .rows import Line, Row, Runs, median_of, ratio_line
from .sides import Clock, Measured, Task
from .workload import labelled

EPOCHS = 10
RATE = 1e-3
"""Keras's default for Adam."""


def textbook(task: Task) -> Measured:
    """`base.trainable = False`, then `model.fit` for ten epochs on all rows that may be trained on."""
    from .textbook_keras import Textbook

    paths, labels = labelled(task.work, "train", "validation")
    book = Textbook(task.work, int(labels.max()) + 1)
    book.base.trainable = False
    book.compile(RATE)
    seconds, reading = book.measure_fit(paths, labels, task.options.get("epochs", EPOCHS))
    return Measured(seconds, book.accuracy(*labelled(task.work, "test")), {"reading": reading})


def one_pass(task: Task) -> Measured:
    """Read the same rows and run the network over them once, by `model.predict`."""
    from .textbook_keras import BATCH, Textbook

    paths, _ = labelled(task.work, "train", "validation")
    book = Textbook(task.work, 2)
    book.features.predict(book.read(paths[:BATCH]), batch_size=BATCH, verbose=0)
    clock = Clock()
    x = book.read(paths)
    reading = clock.seconds
    book.features.predict(x, batch_size=BATCH, verbose=0)
    return Measured(clock.seconds, details={"reading": reading})


def thaw(task: Task) -> Measured:
    return thaw_side.train(task, "frozen")


def judge(runs: Runs, facts: dict[str, Any]) -> list[Line]:
    tests = facts["rows"]["test"]
    line = ratio_line("frozen", runs, "frozen:textbook", "frozen:thaw", 8, "frozen:textbook", tests)
    once, ours = median_of(runs, "frozen:one_pass"), median_of(runs, "frozen:thaw")
    max_seconds = max(1.15 * once, once + 3)
    return [
        line,
        Line("frozen ÷ one pass", once, ours, ours / once, f"≤ {max_seconds / once:.2f}", ours <= max_seconds),
    ]


ROW = Row("frozen", "image", ("frozen:textbook", "frozen:thaw", "frozen:one_pass"), judge)
