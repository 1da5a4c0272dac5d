"""Gradient training above the cut, from the fitted head: a plan's whole training, or its first updates as a pilot."""

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
from .batches import Batches
from .checkpoint_key import checkpoint_folder, checkpoint_key
from .checkpoint_manager import CheckpointManager
from .inputs import Inputs
from .result import TrainingResult
from .state import TrainingState
from .trainer import Trainer, Validate

LogFolder = Callable[[Path], None]
"""Called with a folder of TensorBoard files."""


@dataclass(frozen=True)
class FineTuning:
    result: TrainingResult
    trained_parameters: int
    validation_logits: np.ndarray | None
    """(validation rows, classes) by the weights that are left; None without a validation split, or when paused."""


def fine_tune(inputs: Inputs, store: str, log: LogFolder, max_updates: int = 0) -> FineTuning:
    """Train as planned, from the newest checkpoint if there is one, or from the pilot's that the plan names.

    `log` is called after every epoch. With `max_updates` it is a pilot: after so many of the plan's updates, unless
    training has stopped before, a checkpoint is left and `result.stopped` is None.
    """
    assert inputs.plan.training is not None, "a frozen plan has nothing to train"
    network, held_out = inputs.network, inputs.examples().take(inputs.validation)
    validate = validation(inputs, held_out) if len(held_out) else None
    tuner = network.tuner(inputs.plan)
    try:
        result = train(tuner, inputs, validate, store, log, max_updates)
    finally:
        tuner.finish()
    logits = network.logits(held_out) if validate and result.stopped else None
    return FineTuning(result, tuner.trained_parameters, logits)


def train(
    tuner: Tuner, inputs: Inputs, validate: Validate | None, store: str, log: LogFolder, max_updates: int
) -> TrainingResult:
    """Train from the newest checkpoint, if there is one, up to `max_updates` (a pilot) or to the end (0)."""
    plan, scratch = inputs.plan, inputs.scratch
    rows = inputs.rows.take(inputs.training)
    batches = Batches(inputs.examples().take(inputs.training), rows.labels, plan, rows.weights)
    folder = checkpoint_folder(store, plan, inputs.network)
    # The pilot of a plan that was changed afterwards belongs to another training.
    start_from = plan.start_from if checkpoint_key(plan.start_from) == checkpoint_key(folder) else ""

    def on_epoch_end(state: TrainingState) -> None:
        tensorboard.write(scratch / "tensorboard", state)
        log(scratch / "tensorboard")

    name = f"pilot of {plan.strategy}" if max_updates else "training"
    with (
        stage(name, rows_to_train(inputs, max_updates)) as progress,
        closing(CheckpointManager(folder, scratch, progress.log, start_from=start_from)) as checkpoints,
    ):
        return Trainer(tuner, batches, plan, validate, progress, checkpoints, on_epoch_end, max_updates).train()


def rows_to_train(inputs: Inputs, max_updates: int) -> int:
    """Rows in all updates, for the progress shown."""
    assert inputs.plan.training is not None
    rows = inputs.plan.training.epochs * len(inputs.training)
    return min(rows, max_updates * inputs.plan.training.batch_size) if max_updates else rows


def validation(inputs: Inputs, held_out: Examples) -> Validate:
    """The function that scores the network on the validation rows."""
    score, labels = scores.score_function(inputs.plan.metric), inputs.rows.labels[inputs.validation]

    def validate(advance: Advance) -> tuple[float, float]:
        logits = inputs.network.logits(held_out, advance)
        return score(labels, logits.argmax(1)), scores.log_loss(labels, logits)

    return validate
