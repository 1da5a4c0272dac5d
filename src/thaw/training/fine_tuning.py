"""Gradient training above the cut, from the head that was put on: a plan's, or the first steps of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..metrics import scores
from ..networks.protocol import Advance, Examples, Tuner
from ..progress import stage
from . import tensorboard
from .checkpoint import CheckpointManager, checkpoint_folder, checkpoint_key
from .setup import Inputs
from .state import TrainingState
from .trainer import TrainingResult, Validate, train


@dataclass(frozen=True)
class FineTuning:
    result: TrainingResult
    trained_parameters: int
    validation_logits: np.ndarray | None
    """(validation rows, classes) of the weights that are left; None without a validation split, or before the end."""


def fine_tune(inputs: Inputs, store: str, log: Callable[[Path], None], steps: int = 0) -> FineTuning:
    """Train as planned, from the newest checkpoint if there is one, or from the pilot's that the plan names.

    `log` is given the folder of TensorBoard files after every epoch. With `steps` it is a pilot: after so many of the
    plan's, unless the training has ended before, a checkpoint is left and `result.stopped` is empty.
    """
    assert inputs.plan.training is not None, "a frozen plan has nothing to tune"
    network, held = inputs.network, inputs.examples().take(inputs.validation)
    tuner = network.tuner(inputs.plan)
    try:
        result = trained(tuner, inputs, validation(inputs, held) if len(held) else None, store, log, steps)
    finally:
        tuner.finish()
    wanted = len(held) and result.stopped
    return FineTuning(result, tuner.trained_parameters, network.logits(held) if wanted else None)


def trained(
    tuner: Tuner, inputs: Inputs, validate: Validate | None, store: str, log: Callable[[Path], None], steps: int
) -> TrainingResult:
    plan, scratch, rows = inputs.plan, inputs.scratch, inputs.examples().take(inputs.training)
    assert plan.training is not None
    name = f"pilot of {plan.strategy}" if steps else "training"
    many = plan.training.epochs * len(rows)
    folder = checkpoint_folder(store, plan, inputs.network)
    # Of a plan that was changed after its pilot, the pilot's weights are another training's.
    start_from = plan.start_from if checkpoint_key(plan.start_from) == checkpoint_key(folder) else ""

    def observe(course: TrainingState) -> None:
        tensorboard.write(scratch / "tensorboard", course.losses, course.rates, course.curve)
        log(scratch / "tensorboard")

    with (
        stage(name, min(many, steps * plan.training.batch_size) if steps else many) as progress,
        closing(CheckpointManager(folder, scratch, progress.log, start_from=start_from)) as keep,
    ):
        labels = inputs.rows.labels[inputs.training]
        return train(tuner, rows, labels, plan, validate, progress, keep, observe, steps)


def validation(inputs: Inputs, held: Examples) -> Validate:
    score, labels = scores.by_name(inputs.plan.metric), inputs.rows.labels[inputs.validation]

    def validate(advance: Advance) -> tuple[float, float]:
        logits = inputs.network.logits(held, advance)
        return score(labels, logits.argmax(1)), scores.log_loss(labels, logits)

    return validate
