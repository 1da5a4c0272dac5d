"""BERT as its tutorials fine-tune it: padded to 512 tokens, float32; and Thaw's full fine-tuning."""

from __future__ import annotations

from itertools import chain, count
from typing import Any

from . import thaw_side
from .rows import Line, Row, Runs, ratio_line
from .sides import Clock, Measured, Task
from .workload import labelled

EPOCHS = 3
WARM_UP, UPDATES = 2, 20
LENGTH = 512


def textbook(task: Task) -> Measured:
    """Seconds of 20 updates after 2 to warm up, scaled to the updates of three epochs."""
    from .textbook_torch import BATCH, Textbook

    texts, labels = labelled(task.work, "train")
    total = EPOCHS * -(-len(texts) // BATCH)
    updates = task.options.get("steps", UPDATES)
    book = Textbook(task.work, int(labels.max()) + 1, total)
    batches = chain.from_iterable(book.batches(texts, labels, LENGTH) for _ in count())
    for _ in range(WARM_UP):
        book.update(next(batches))
    clock = Clock()
    for _ in range(updates):
        book.update(next(batches))
    seconds = clock.seconds / updates
    return Measured(seconds * total, details={"step": seconds, "steps": total})


def textbook_accuracy(task: Task) -> Measured:
    """A whole run. A masked network gives the same padded to 512 or to the longest text of a batch, in an hour or in
    minutes: it is the latter that runs here, and its time counts for nothing."""
    from .textbook_torch import BATCH, Textbook

    texts, labels = labelled(task.work, "train")
    book = Textbook(task.work, int(labels.max()) + 1, EPOCHS * -(-len(texts) // BATCH))
    clock = Clock()
    for _ in range(task.options.get("epochs", EPOCHS)):
        for batch in book.batches(texts, labels, None):
            book.update(batch)
    return Measured(clock.seconds, book.accuracy(*labelled(task.work, "test")))


def thaw(task: Task) -> Measured:
    return thaw_side.train(task, "full")


def judge(runs: Runs, facts: dict[str, Any]) -> list[Line]:
    """Padding to 512 costs less where texts are long."""
    mean = facts["mean_length"] * facts["input_size"]
    min_ratio = 6 if facts["median"] <= 64 else round(0.8 * LENGTH / mean, 2)
    scored = "bert:textbook_accuracy"
    return [ratio_line("bert", runs, "bert:textbook", "bert:thaw", min_ratio, scored, facts["rows"]["test"])]


SIDES = ("bert:textbook", "bert:thaw", "bert:textbook_accuracy")
ROW = Row("bert", "text", SIDES, judge, once=("bert:textbook_accuracy",))
