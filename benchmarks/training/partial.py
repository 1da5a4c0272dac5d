"""The last third is trained: above a frozen part that runs in every epoch, or on what it has made once."""

from __future__ import annotations

from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np

from . import thaw_side
from .rows import Line, Row, Runs, median_of, ratio_line
from .sides import Clock, Measured, Task
from .workload import labelled

EPOCHS = 5
RATE = 1e-3
"""Keras's default; from a random head it gives more in five epochs than 1e-4 (MNIST: .96 and .91)."""
UPDATES = 30
"""Updates over which the trained part alone is timed."""


def textbook(task: Task) -> Measured:
    """The layers below frozen, BatchNorm in inference mode as Keras's guide to fine-tuning has it, `model.fit`."""
    from .textbook_keras import Textbook

    paths, labels = labelled(task.work, "train")
    book = Textbook(task.work, int(labels.max()) + 1)
    for layer in book.base.layers:
        layer.trainable = layer.name in book.facts["trained"]
    book.compile(task.options.get("rate", RATE))
    seconds, reading = book.measure_fit(paths, labels, task.options.get("epochs", EPOCHS))
    return Measured(seconds, book.accuracy(*labelled(task.work, "test")), {"reading": reading})


def trained_part(task: Task) -> Measured:
    """Forward and backward of the trained layers and the head on one batch that stays where it is, for each update of
    an epoch over the train and validation rows; no optimizer."""
    import keras
    import tensorflow as tf

    from .textbook_keras import BATCH, Textbook, pooled

    _, labels = labelled(task.work, "train", "validation")
    book = Textbook(task.work, int(labels.max()) + 1)
    kept = book.base.get_layer(book.facts["below"]).output
    upper = keras.Model(kept, book.model.layers[-1](pooled(keras.Model(kept, book.base.output)(kept, training=False))))
    shape = keras.Model(book.base.input, kept).compute_output_shape((BATCH, *book.features.input_shape[1:]))
    x = tf.random.uniform(shape)
    y = tf.constant(labels[:BATCH].astype(np.int32))
    variables = [variable.value for variable in upper.trainable_variables]

    @tf.function
    def gradients() -> Any:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(y, upper(x, training=False)))
        return loss, tape.gradient(loss, variables)

    for _ in range(3):
        gradients()
    clock = Clock()
    for _ in range(UPDATES):
        result = gradients()
    result[0].numpy()
    return Measured(clock.seconds / UPDATES * (len(labels) / BATCH))


def thaw(task: Task) -> Measured:
    return thaw_side.train(task, "partial")


def thaw_epoch(task: Task) -> Measured:
    """An epoch on kept activations, after the first, which also traces: all rows, no validation between."""
    result = thaw_side.train(task, "partial", epochs=3, validate_split=False)
    ends = result.details["epoch_ends"]
    return Measured(median(end - begin for begin, end in pairwise(ends)), details=result.details)


def judge(runs: Runs, facts: dict[str, Any]) -> list[Line]:
    tests = facts["rows"]["test"]
    line = ratio_line("partial", runs, "partial:textbook", "partial:thaw", 2.5, "partial:textbook", tests)
    alone, epoch = median_of(runs, "partial:trained_part"), median_of(runs, "partial:thaw_epoch")
    return [line, Line("partial, epoch ÷ its updates", alone, epoch, epoch / alone, "≤ 1.2", epoch <= 1.2 * alone)]


SIDES = ("partial:textbook", "partial:thaw", "partial:trained_part", "partial:thaw_epoch")
ROW = Row("partial", "image", SIDES, judge)
