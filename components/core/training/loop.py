"""The training loop, once for both engines: order, rates, validation, early stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..contracts import Epoch, Plan
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


def batches_an_epoch(rows: int, batch: int) -> int:
    return -(-rows // batch)


def train(
    tuner: Tuner, examples: Examples, labels: np.ndarray, plan: Plan, validate: Validate | None, stage: Stage
) -> Run:
    """Train as planned; the weights that are left are the best on the validation split, or the last without one.

    The start is validated too: the fitted head on the frozen network is a candidate like every epoch (Kumar 2022).
    """
    training = plan.training
    assert training is not None, "a frozen plan has nothing to train"
    started = time.monotonic()
    weights = row_weights(labels, plan.class_weights)
    total = training.epochs * batches_an_epoch(len(labels), training.batch)
    stop, curve, steps, stopped = EarlyStop(training.patience), [], 0, "all epochs done"
    if validate:
        stop.better(*validate())
        stop.weights = tuner.variables()
    for epoch in range(training.epochs):
        losses = []
        for rows in epoch_batches(examples.lengths, training.batch, plan.seed, epoch):
            rate = warmup_cosine(steps, total, training.warmup)
            losses.append(tuner.step(examples.take(rows), labels[rows], weights[rows], rate))
            steps += 1
            stage.advance(len(rows), f"epoch {epoch + 1}/{training.epochs}, loss {np.mean(losses):.3f}{best(stop)}")
        score = None
        if validate:
            score, loss = validate()
            if stop.better(score, loss):
                stop.weights = tuner.variables()
        seconds = time.monotonic() - started
        curve.append(
            Epoch(epoch=epoch + 1, steps=steps, rate=rate, loss=float(np.mean(losses)), score=score, seconds=seconds)
        )
        if validate and stop.over:
            stopped = f"no better validation score for {training.patience} epochs"
            break
        if plan.max_seconds and seconds >= plan.max_seconds:
            stopped = f"the limit of {plan.max_seconds:.0f} seconds was reached"
            break
    if validate:
        tuner.assign(stop.weights)
    return Run(tuple(curve), steps, stop.best[0] if stop.best else None, stopped)


def best(stop: EarlyStop) -> str:
    return f", best score {stop.best[0]:.3f}" if stop.best else ""
