"""The training loop, once for both engines: updates, validation, early stopping, checkpoints.

It is our own, and not Keras's `fit` or the `Trainer` of transformers, because a killed training must end in the same
bits as an undisturbed one, on both engines, and because training starts from a fitted head, which counts as an epoch.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from typing import SupportsFloat

import numpy as np

from ..networks.protocol import Advance, Tuner
from ..progress import Stage
from ..records import Epoch, Plan
from .batches import Batch, Batches
from .checkpoint import Checkpoint
from .checkpoint_manager import MAX_TO_KEEP, CheckpointManager
from .interrupt import EXIT_CODE, Interrupted, watch_sigterm
from .result import TrainingResult, result_of
from .schedule import warmup_cosine
from .state import TrainingState, tuner_arrays
from .stopping import divergence, loss_rise, reason_to_stop

Validate = Callable[[Advance], tuple[float, float]]
"""Computes the score and the log loss on the validation split."""


class Trainer:
    """One training: `state`, and what moves it on."""

    def __init__(
        self,
        tuner: Tuner,
        batches: Batches,
        plan: Plan,
        validate: Validate | None,
        stage: Stage,
        checkpoints: CheckpointManager | None = None,
        on_epoch_end: Callable[[TrainingState], None] = lambda state: None,
        max_updates: int = 0,
    ) -> None:
        assert plan.training is not None, "a frozen plan has nothing to train"
        self.tuner, self.batches, self.plan, self.settings = tuner, batches, plan, plan.training
        self.validate, self.stage = validate, stage
        self.checkpoints, self.on_epoch_end = checkpoints, on_epoch_end
        self.total = plan.training.epochs * batches.per_epoch
        self.max_updates = max_updates or self.total
        self.state = TrainingState(started=time.monotonic())
        self.interrupted: Callable[[], bool] = lambda: False
        self._pending: SupportsFloat | None = None

    def train(self) -> TrainingResult:
        """Train as planned. The weights left are the best on the validation split, or the last without one.

        The start is validated too: the fitted head on the frozen network is a candidate like every epoch (Kumar 2022).
        With `checkpoints` training continues from where an earlier process was when it ended. SIGTERM ends it with a
        checkpoint and exit code 143. `on_epoch_end` is called after each epoch. After `max_updates` (0: all) training
        pauses with a checkpoint and an evaluation, which early stopping does not count.

        Raises:
            InputError: The loss diverges and there is no validation split that says which weights were good.
        """
        self.restore()
        with watch_sigterm() as self.interrupted:
            try:
                self.run()
            except Interrupted as interrupted:
                self.save_and_wait("left")
                raise SystemExit(EXIT_CODE) from interrupted
        return result_of(self.state)

    def restore(self) -> None:
        if self.checkpoints and (checkpoint := self.checkpoints.restore()):
            self.state = state = TrainingState.from_checkpoint(checkpoint, self.state.started)
            state.resumed = (*state.resumed, state.updates)
            if arrays := tuner_arrays(checkpoint):
                (self.tuner.assign if state.stopped else self.tuner.load_state_dict)(arrays)
            self.stage.resume(state.rows, f"continues from update {state.updates} of {self.total}")

    def run(self) -> None:
        """Train on from the state until an end: of the plan, of patience, of time, or of a pilot's updates."""
        if self.state.stopped:
            self.keep_best_weights()
            self.on_epoch_end(self.state)
            return
        if not self.state.early_stopping.weights:
            self.start()
        while not self.ended:
            self.run_updates()
            if not self.ended:
                self.end_epoch()
        if self.state.stopped:
            self.finish()
        else:
            self.pause()

    def start(self) -> None:
        """Evaluate the fitted head on the frozen network, and keep its weights."""
        self.state.initial_score = self.evaluate()
        if not self.validate:
            self.state.early_stopping.weights = self.tuner.variables()

    @property
    def ended(self) -> bool:
        """Nothing is left to do in this process: training has stopped, or pauses."""
        return bool(self.state.stopped) or (self.state.updates >= self.max_updates and not self.epoch_ended)

    @property
    def epoch_ended(self) -> bool:
        """No update of the epoch is to come, and it is not evaluated yet."""
        state = self.state
        complete = state.updates_in_epoch == self.batches.per_epoch
        return state.updates_in_epoch > 0 and (complete or self.out_of_time or not np.isfinite(state.loss))

    @property
    def out_of_time(self) -> bool:
        return self.plan.max_seconds is not None and self.state.seconds >= self.plan.max_seconds

    @property
    def schedule_factor(self) -> float:
        """Share of the peak learning rate, rounded to float32 as checkpoints keep it.

        A time limit shortens the schedule: training ends at a low rate either way.
        """
        share = self.state.seconds / self.plan.max_seconds if self.plan.max_seconds else 0.0
        update = max(self.state.updates, int(min(share, 1.0) * self.total))
        return warmup_cosine(update, self.total, self.settings.warmup_ratio)

    def run_updates(self) -> None:
        """Make the updates left of the epoch, until a pause, the time limit or a loss that is not finite."""
        if self.epoch_ended:
            return
        state = self.state
        with closing(self.batches.of_epoch(self.tuner, state.epoch, state.updates_in_epoch)) as batches:
            for batch in batches:
                rows = self.update(batch)
                self.stage.advance(rows, self.note())
                self.check_interrupt()
                if self.checkpoints and self.checkpoints.should_save():
                    self.checkpoints.save(self.checkpoint(), f"{state.updates:08d}")
                if state.updates >= self.max_updates or self.out_of_time or not np.all(np.isfinite(state.losses[-1:])):
                    break
        self.read_loss()

    def update(self, batch: Batch) -> int:
        """Make one update, and return its number of rows."""
        state = self.state
        state.schedule_factors.append(self.schedule_factor)
        loss = self.tuner.update(batch.prepared, batch.labels, batch.weights, state.schedule_factors[-1])
        self.read_loss()
        self._pending = loss
        rows = len(batch.labels)
        state.updates, state.updates_in_epoch = state.updates + 1, state.updates_in_epoch + 1
        state.rows += rows
        return rows

    def read_loss(self) -> None:
        """Read the newest loss. That waits for the device, so it is done after the next update has begun."""
        if self._pending is not None:
            self.state.losses.append(float(self._pending))
            self._pending = None

    def note(self) -> str:
        state = self.state
        loss = f", loss {state.loss:.3f}" if np.isfinite(state.loss) else ""
        best = "" if state.early_stopping.score is None else f", best score {state.early_stopping.score:.3f}"
        return f"epoch {state.epoch + 1}/{self.settings.epochs}{loss}{best}"

    def check_interrupt(self, rows: int = 0) -> None:
        """Raise `Interrupted` once SIGTERM has come; also serves as the `Advance` of a validation."""
        if self.interrupted():
            raise Interrupted

    def evaluate(self) -> float | None:
        """The validation score. The weights are kept when it is the best so far."""
        if not self.validate:
            return None
        score, loss = self.validate(self.check_interrupt)
        if self.state.early_stopping.improves(score, loss):
            self.state.early_stopping.weights = self.tuner.variables()
        return score

    def end_epoch(self) -> None:
        """Evaluate the epoch, or the part of it that there was time for, and decide whether training goes on."""
        state, validated = self.state, self.validate is not None
        if np.isfinite(state.loss):
            state.curve.append(self.point(state.epoch + 1, self.evaluate()))
            state.epoch, state.updates_in_epoch = state.epoch + 1, 0
            state.stopped = reason_to_stop(state, self.plan, validated)
        else:
            state.stopped = divergence(state, validated)
        self.on_epoch_end(state)

    def point(self, epoch: float, score: float | None) -> Epoch:
        """The point of the learning curve after `epoch` epochs."""
        return Epoch(
            epoch=epoch,
            updates=self.state.updates,
            learning_rate=self.schedule_factor * self.settings.learning_rate,
            loss=self.state.loss,
            score=score,
            seconds=self.state.seconds,
        )

    def pause(self) -> None:
        """Evaluate for the pilot, whatever early stopping makes of the epoch later, and save a checkpoint."""
        state = self.state
        if state.updates_in_epoch:
            epoch = state.epoch + state.updates_in_epoch / self.batches.per_epoch
            state.paused_at = self.point(epoch, self.validate(self.check_interrupt)[0] if self.validate else None)
        else:
            state.paused_at = state.curve[-1]
        self.save_and_wait("left")

    def finish(self) -> None:
        self.keep_best_weights()
        self.save_and_wait("end", max_to_keep=1)

    def keep_best_weights(self) -> None:
        """Leave the best weights. Without a validation split the last, unless the loss has plainly risen."""
        state, rise = self.state, loss_rise(self.state.curve)
        if state.early_stopping.weights and (self.validate or rise):
            self.tuner.assign(state.early_stopping.weights)
            state.stopped = state.stopped if self.validate else rise
        else:
            state.early_stopping.weights = {}

    def checkpoint(self) -> Checkpoint:
        """The training as it is. One that has stopped needs no optimizer any more, only the weights it ended with."""
        self.read_loss()
        if not self.state.stopped:
            return self.state.to_checkpoint(self.tuner.state_dict())
        return self.state.to_checkpoint({} if self.state.early_stopping.weights else self.tuner.variables())

    def save_and_wait(self, suffix: str, max_to_keep: int = MAX_TO_KEEP) -> None:
        if self.checkpoints:
            self.checkpoints.save(self.checkpoint(), f"{self.state.updates:08d}-{suffix}", max_to_keep)
            self.checkpoints.wait_until_finished()
