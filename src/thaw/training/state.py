"""Where a training stands, and what comes next."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any, SupportsFloat

import numpy as np

from ..data.prefetch import prefetch
from ..heads.folds import row_weights
from ..networks.protocol import Examples, StateDict, Tuner
from ..records import Epoch, Plan
from .checkpoint import Checkpoint
from .early_stopping import EarlyStopping
from .schedule import epoch_batches, warmup_cosine

TUNER, BEST, LOSSES, RATES = "tuner/", "best/", "losses", "rates"


class TrainingState:
    """The steps of one training. Between two of them it is a `Checkpoint`, from which another process goes on.

    `until` is the number of steps after which this process leaves it; 0 for all.
    """

    def __init__(self, tuner: Tuner, examples: Examples, labels: np.ndarray, plan: Plan, until: int = 0) -> None:
        assert plan.training is not None, "a frozen plan has nothing to train"
        self.tuner, self.examples, self.labels, self.plan, self.training = tuner, examples, labels, plan, plan.training
        self.weights = row_weights(labels, plan.class_weights)
        self.length = -(-len(labels) // self.training.batch_size)
        """Steps of an epoch."""
        self.total = self.training.epochs * self.length
        self.until = until or self.total
        self.stop = EarlyStopping(self.training.patience)
        self.epoch, self.place = 0, 0
        """Whole epochs done, and steps of the one begun."""
        self.losses, self.rates = np.zeros(self.total, np.float32), np.zeros(self.total, np.float32)
        """Of each step so far; rates as shares of the peak."""
        self.updates, self.rows = 0, 0
        self.curve: list[Epoch] = []
        self.initial_score: float | None = None
        """Of the fitted head on the validation split."""
        self.paused_at: Epoch | None = None
        """Where a pilot left it: no evaluation of the training's own."""
        self.stopped = ""
        self.resumed: tuple[int, ...] = ()
        self.spent, self.began = 0.0, time.monotonic()
        self._pending: SupportsFloat | None = None

    @property
    def seconds(self) -> float:
        """Spent on training, by earlier processes too."""
        return self.spent + time.monotonic() - self.began

    @property
    def left(self) -> bool:
        """Nothing more is to be done here: training has ended, or goes on another time."""
        return bool(self.stopped) or (self.updates >= self.until and not self.ending)

    @property
    def ending(self) -> bool:
        """The epoch has no step to come, and is not evaluated yet."""
        return self.place > 0 and (self.place == self.length or self.late or not np.isfinite(self.loss))

    @property
    def late(self) -> bool:
        return self.plan.max_seconds is not None and self.seconds >= self.plan.max_seconds

    @property
    def rate(self) -> float:
        """Share of the peak rate. A time limit shortens the schedule: training ends at a low rate either way."""
        share = self.seconds / self.plan.max_seconds if self.plan.max_seconds else 0.0
        place = max(self.updates, int(min(share, 1.0) * self.total))
        return warmup_cosine(place, self.total, self.training.warmup_ratio)

    @property
    def loss(self) -> float:
        """Mean of the epoch's steps so far."""
        return float(np.mean(self.losses[self.updates - self.place : self.updates], dtype=np.float64))

    def epoch_steps(self) -> Iterator[int]:
        """Take the epoch's steps that are left, each giving its number of rows, until it is to be left, the time is up
        or the loss is no longer finite. What the last step started is settled when the iterator ends."""
        if self.ending:
            return
        batches = epoch_batches(self.examples.lengths, self.training.batch_size, self.plan.seed, self.epoch)[
            self.place :
        ]
        with closing(prefetch(self._prepared, batches)) as prepared:
            for rows, batch in zip(batches, prepared, strict=True):
                self.rates[self.updates] = self.rate
                loss = self.tuner.update(batch, self.labels[rows], self.weights[rows], float(self.rates[self.updates]))
                self.settle()
                self._pending = loss
                self.updates, self.place, self.rows = self.updates + 1, self.place + 1, self.rows + len(rows)
                yield len(rows)
                if (
                    self.updates >= self.until
                    or self.late
                    or not np.all(np.isfinite(self.losses[max(0, self.updates - 2) : self.updates]))
                ):
                    break
        self.settle()

    def settle(self) -> None:
        """Note the loss of the last step. One step late, because to ask for it is to wait for the device."""
        if self._pending is not None:
            self.losses[self.updates - 1] = float(self._pending)
            self._pending = None

    def _prepared(self, rows: np.ndarray) -> Any:
        return self.tuner.prepare(self.examples.take(rows))

    def end_epoch(self, score: float | None) -> None:
        """Note the evaluation after an epoch, or after the part of it that there was time for."""
        self.curve.append(self.point(self.epoch + 1, score))
        self.epoch, self.place = self.epoch + 1, 0

    def point(self, epoch: float, score: float | None) -> Epoch:
        rate = self.rate * self.training.learning_rate
        return Epoch(
            epoch=epoch, updates=self.updates, learning_rate=rate, loss=self.loss, score=score, seconds=self.seconds
        )

    def moment(self) -> Checkpoint:
        """A finished course needs no optimizer any more, only the weights that it ended with."""
        self.settle()
        meta = {
            "epoch": self.epoch,
            "place": self.place,
            "updates": self.updates,
            "rows": self.rows,
            "seconds": self.seconds,
            "curve": [each.model_dump() for each in self.curve],
            "stopped": self.stopped,
            "resumed": self.resumed,
            "best": self.stop.best,
            "waited": self.stop.waited,
            "initial_score": self.initial_score,
            "paused_at": self.paused_at.model_dump() if self.paused_at else None,
        }
        best = {f"{BEST}{name}": value for name, value in self.stop.weights.items()}
        now = self.tuner.variables() if self.stopped else self.tuner.state_dict()
        kept = {} if self.stopped and best else {f"{TUNER}{name}": value for name, value in now.items()}
        history = {LOSSES: self.losses[: self.updates].copy(), RATES: self.rates[: self.updates].copy()}
        return Checkpoint(meta, {**history, **best, **kept})

    def resume(self, moment: Checkpoint) -> None:
        meta = moment.meta
        self.epoch, self.place, self.updates, self.rows = (meta[key] for key in ("epoch", "place", "updates", "rows"))
        self.spent, self.stopped, self.initial_score = meta["seconds"], meta["stopped"], meta["initial_score"]
        self.resumed = (*meta["resumed"], self.updates)
        self.curve = [Epoch.model_validate(each) for each in meta["curve"]]
        self.paused_at = Epoch.model_validate(meta["paused_at"]) if meta["paused_at"] else None
        self.losses[: self.updates], self.rates[: self.updates] = moment.arrays[LOSSES], moment.arrays[RATES]
        self.stop.best, self.stop.waited = tuple(meta["best"]) if meta["best"] else None, meta["waited"]
        self.stop.weights = part(moment.arrays, BEST)
        state = part(moment.arrays, TUNER)
        if state:
            (self.tuner.assign if self.stopped else self.tuner.load_state_dict)(state)


def part(arrays: StateDict, prefix: str) -> StateDict:
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}
