"""The result of a training."""

from __future__ import annotations

from dataclasses import dataclass

from ..records import Epoch, StopReason
from .checkpoint import Checkpoint
from .state import TrainingState


@dataclass(frozen=True)
class TrainingResult:
    """What gradient training came to, ended or paused."""

    curve: tuple[Epoch, ...]
    updates: int
    score: float | None
    """The best validation score, which is that of the weights left in place."""
    stopped: StopReason | None
    """Why training ended; None when it is paused."""
    resumed: tuple[int, ...]
    """Updates done each time that training continued from a checkpoint."""
    seconds: float
    """Seconds spent on training, by earlier processes too."""
    earlier_seconds: float
    """Seconds spent by those alone."""
    initial_score: float | None
    """Validation score of the fitted head, before the first update."""
    paused_at: Epoch | None
    """Evaluation where a pilot ended."""


def result_of(state: TrainingState) -> TrainingResult:
    return TrainingResult(
        curve=tuple(state.curve),
        updates=state.updates,
        score=state.early_stopping.score,
        stopped=state.stopped,
        resumed=state.resumed,
        seconds=state.seconds,
        earlier_seconds=state.earlier_seconds,
        initial_score=state.initial_score,
        paused_at=state.paused_at,
    )


def result_at(checkpoint: Checkpoint) -> TrainingResult:
    """The result of a training that ended, or was left, at a checkpoint."""
    return result_of(TrainingState.from_checkpoint(checkpoint))
