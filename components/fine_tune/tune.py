"""Gradient training above the cut, from activations kept there where the disk has room for them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..core import metrics
from ..core.contracts import Plan
from ..core.networks.contract import Advance, Examples, Network, Tuner
from ..core.progress import stage
from ..core.training import logs
from ..core.training.checkpoints import Checkpoints, folder_of
from ..core.training.course import Course
from ..core.training.loop import Run, Validate, train

DISK_SHARE = 0.5
"""Of the free disk that kept activations may take."""


@dataclass(frozen=True)
class Tuned:
    run: Run
    trained_parameters: int
    validation_logits: np.ndarray | None
    """(validation rows, classes) of the weights that are left; None without a validation split."""


@dataclass(frozen=True)
class Job:
    """Rows `training` are trained on, rows `validation` (may be none) say when to stop. The examples may be kept at the
    plan's cut."""

    examples: Examples
    labels: np.ndarray
    training: np.ndarray
    validation: np.ndarray
    plan: Plan


def tune(network: Network, job: Job, store: str, scratch: Path, log: Callable[[Path], None]) -> Tuned:
    """Train as planned, from the newest checkpoint in the store if there is one. `log` is given the folder of
    TensorBoard files after every epoch."""
    assert job.plan.training is not None, "a frozen plan has nothing to tune"
    checkpoints = folder_of(store, job.plan, network)
    held = job.examples.take(job.validation)
    tuner = network.tuner(job.plan)
    try:
        validate = validation(network, held, job) if len(held) else None
        run = trained(tuner, job, validate, checkpoints, scratch, log)
    finally:
        tuner.finish()
    return Tuned(run, tuner.trained_parameters, network.logits(held) if len(held) else None)


def trained(
    tuner: Tuner, job: Job, validate: Validate | None, checkpoints: str, scratch: Path, log: Callable[[Path], None]
) -> Run:
    assert job.plan.training is not None
    rows = job.examples.take(job.training)

    def observe(course: Course) -> None:
        logs.write(scratch / "tensorboard", course.losses, course.rates, course.curve)
        log(scratch / "tensorboard")

    with (
        stage("training", job.plan.training.epochs * len(rows)) as progress,
        closing(Checkpoints(checkpoints, scratch, progress.tell)) as keep,
    ):
        return train(tuner, rows, job.labels[job.training], job.plan, validate, progress, keep, observe)


def validation(network: Network, held: Examples, job: Job) -> Validate:
    score, labels = metrics.by_name(job.plan.metric), job.labels[job.validation]

    def validate(advance: Advance) -> tuple[float, float]:
        logits = network.logits(held, advance)
        return score(labels, logits.argmax(1)), metrics.log_loss(labels, logits)

    return validate


def at_the_cut(network: Network, examples: Examples, plan: Plan, scratch: Path, share: float = DISK_SHARE) -> Examples:
    """The activations at the plan's cut, or the examples themselves when there is no cut, no room for them, or
    augmentation, which makes others of every row each time."""
    if plan.training is None or plan.cut == 0 or plan.training.lora or plan.training.augment:
        return examples
    room = shutil.disk_usage(scratch).free * share
    if network.activation_bytes(examples, plan.cut) > room:
        return examples
    with stage("activations", len(examples)) as progress:
        return network.activations(examples, plan.cut, scratch, progress.advance)
