"""The state of a training between two updates, and the checkpoint that holds it."""

from __future__ import annotations

import time
from array import array
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from ..networks.protocol import StateDict
from ..records import Epoch, StopReason
from .checkpoint import Checkpoint
from .early_stopping import EarlyStopping

TUNER, BEST, LOSSES, SCHEDULE_FACTORS = "tuner/", "best/", "losses", "schedule_factors"
STOP_REASON: TypeAdapter[StopReason] = TypeAdapter(StopReason)


def floats() -> array[float]:
    """An empty array of float32 that can grow."""
    return array("f")


@dataclass
class TrainingState:
    """Everything that another process needs to continue, but for the arrays that the tuner holds."""

    epoch: int = 0
    """Whole epochs done."""
    updates_in_epoch: int = 0
    """Updates done of the epoch after those."""
    updates: int = 0
    """Updates done."""
    rows: int = 0
    """Rows in those updates."""
    losses: array[float] = field(default_factory=floats)
    """Loss of each update; that of the newest may be missing while the device works on it."""
    schedule_factors: array[float] = field(default_factory=floats)
    """Share of the peak learning rate in each update."""
    curve: list[Epoch] = field(default_factory=list)
    early_stopping: EarlyStopping = field(default_factory=EarlyStopping)
    initial_score: float | None = None
    """Validation score of the fitted head, before the first update."""
    paused_at: Epoch | None = None
    """Evaluation where a pilot ended. It is none of the training's own, unless an epoch ended there."""
    stopped: StopReason | None = None
    """None while there is more to do."""
    resumed: tuple[int, ...] = ()
    """Updates done each time that training continued from a checkpoint."""
    earlier_seconds: float = 0.0
    """Seconds that earlier processes spent."""
    started: float | None = None
    """Monotonic time at which this process began to train."""

    @property
    def seconds(self) -> float:
        """Seconds spent on training, by earlier processes too."""
        return self.earlier_seconds + (time.monotonic() - self.started if self.started is not None else 0.0)

    @property
    def loss(self) -> float:
        """Mean of the losses known of the epoch that has begun; NaN while there is none."""
        losses = np.asarray(self.losses[self.updates - self.updates_in_epoch :], np.float32)
        return float(np.mean(losses, dtype=np.float64)) if len(losses) else float("nan")

    def to_checkpoint(self, tuner: StateDict) -> Checkpoint:
        """A checkpoint with what the tuner gave: none when the best weights are all that is still needed."""
        meta: dict[str, Any] = {
            "epoch": self.epoch,
            "updates_in_epoch": self.updates_in_epoch,
            "updates": self.updates,
            "rows": self.rows,
            "seconds": self.seconds,
            "curve": [each.model_dump() for each in self.curve],
            "stopped": self.stopped.model_dump() if self.stopped else None,
            "resumed": self.resumed,
            "best": self.early_stopping.best,
            "evaluations_since": self.early_stopping.evaluations_since,
            "initial_score": self.initial_score,
            "paused_at": self.paused_at.model_dump() if self.paused_at else None,
        }
        history = {LOSSES: np.array(self.losses), SCHEDULE_FACTORS: np.array(self.schedule_factors)}
        best = {f"{BEST}{name}": value for name, value in self.early_stopping.weights.items()}
        return Checkpoint(meta, {**history, **best, **{f"{TUNER}{name}": value for name, value in tuner.items()}})

    @classmethod
    def from_checkpoint(cls, checkpoint: Checkpoint, started: float | None = None) -> TrainingState:
        meta, arrays = checkpoint.meta, checkpoint.arrays
        best = tuple(meta["best"]) if meta["best"] else None
        return cls(
            epoch=meta["epoch"],
            updates_in_epoch=meta["updates_in_epoch"],
            updates=meta["updates"],
            rows=meta["rows"],
            losses=array("f", arrays[LOSSES].tolist()),
            schedule_factors=array("f", arrays[SCHEDULE_FACTORS].tolist()),
            curve=[Epoch.model_validate(each) for each in meta["curve"]],
            early_stopping=EarlyStopping(best, with_prefix(arrays, BEST), meta["evaluations_since"]),
            initial_score=meta["initial_score"],
            paused_at=Epoch.model_validate(meta["paused_at"]) if meta["paused_at"] else None,
            stopped=STOP_REASON.validate_python(meta["stopped"]) if meta["stopped"] else None,
            resumed=tuple(meta["resumed"]),
            earlier_seconds=meta["seconds"],
            started=started,
        )


def tuner_arrays(checkpoint: Checkpoint) -> StateDict:
    """The tuner's arrays in a checkpoint."""
    return with_prefix(checkpoint.arrays, TUNER)


def with_prefix(arrays: StateDict, prefix: str) -> StateDict:
    """The arrays whose names begin with `prefix`, named without it."""
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}
