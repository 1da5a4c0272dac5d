"""The training loop, once for both engines: order, rates, validation, early stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..contracts import Epoch, Plan
from ..errors import InputError
from ..heads import row_weights
from ..networks.contract import Examples, Tuner
from ..progress import Stage
from .early_stop import EarlyStop
from .schedule import epoch_batches, warmup_cosine

Validate = Callable[[], tuple[float, float]]
"""Score and log loss on the validation split."""


@dataclass(frozen=True)
class Run:
    curve: tuple[Epoch, ...]
    steps: int
    score: float | None
    """The best on the validation split: that of the weights that are left in place."""
    stopped: str


def train(
    tuner: Tuner, examples: Examples, labels: np.ndarray, plan: Plan, validate: Validate | None, stage: Stage
) -> Run:
    """Train as planned; the weights that are left are the best on the validation split, or the last without one.

    The start is validated too: the fitted head on the frozen network is a candidate like every epoch (Kumar 2022).
    InputError when the loss diverges and there is no validation split to tell which weights were good.
    """
    course = Course(tuner, examples, labels, plan)
    stop, curve, stopped = EarlyStop(course.training.patience), [], ""
    if validate:
        keep_if_better(stop, validate(), tuner)
    while not stopped and course.epoch < course.training.epochs:
        loss = course.run_epoch(stage, f", best score {stop.best[0]:.3f}" if stop.best else "")
        if not np.isfinite(loss):
            stopped = diverged(validate is not None)
            break
        result = validate() if validate else None
        if result:
            keep_if_better(stop, result, tuner)
        curve.append(course.evaluated(loss, result[0] if result else None))
        if validate and stop.over and 2 * course.epoch >= course.training.epochs:  # not while the rate is high
            stopped = f"no better validation score for {stop.patience} epochs"
        elif course.late:
            stopped = f"the limit of {plan.max_seconds:.0f} seconds was reached"
    if validate:
        tuner.assign(stop.weights)
    return Run(tuple(curve), course.steps, stop.best[0] if stop.best else None, stopped or "all epochs done")


def keep_if_better(stop: EarlyStop, result: tuple[float, float], tuner: Tuner) -> None:
    if stop.better(*result):
        stop.weights = tuner.variables()


def diverged(validated: bool) -> str:
    if not validated:
        raise InputError(
            "training diverged: the loss is no longer finite", "take another network, or --strategy frozen"
        )
    return "the loss was no longer finite"


class Course:
    """The steps of one training: where it stands, and what comes next."""

    def __init__(self, tuner: Tuner, examples: Examples, labels: np.ndarray, plan: Plan) -> None:
        assert plan.training is not None, "a frozen plan has nothing to train"
        self.tuner, self.examples, self.labels, self.plan, self.training = tuner, examples, labels, plan, plan.training
        self.weights = row_weights(labels, plan.class_weights)
        self.total = self.training.epochs * -(-len(labels) // self.training.batch)
        self.started, self.steps, self.epoch = time.monotonic(), 0, 0

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    @property
    def late(self) -> bool:
        return self.plan.max_seconds is not None and self.seconds >= self.plan.max_seconds

    @property
    def rate(self) -> float:
        """Share of the peak rate. A time limit shortens the schedule: training ends at a low rate either way."""
        spent = self.seconds / self.plan.max_seconds if self.plan.max_seconds else 0.0
        place = max(self.steps, int(min(spent, 1.0) * self.total))
        return warmup_cosine(place, self.total, self.training.warmup)

    def run_epoch(self, stage: Stage, best: str) -> float:
        """Every row once, or until the time is up; the mean loss."""
        losses: list[float] = []
        for rows in epoch_batches(self.examples.lengths, self.training.batch, self.plan.seed, self.epoch):
            batch = self.examples.take(rows)
            losses.append(self.tuner.step(batch, self.labels[rows], self.weights[rows], self.rate))
            self.steps += 1
            done = f"epoch {self.epoch + 1}/{self.training.epochs}, loss {np.mean(losses):.3f}"
            stage.advance(len(rows), done + best)
            if self.late or not np.isfinite(losses[-1]):
                break
        self.epoch += 1
        return float(np.mean(losses))

    def evaluated(self, loss: float, score: float | None) -> Epoch:
        rate = self.rate * self.training.rate
        return Epoch(epoch=self.epoch, steps=self.steps, rate=rate, loss=loss, score=score, seconds=self.seconds)
