"""Why a training ends, decided after each epoch."""

from __future__ import annotations

from ..errors import InputError
from ..records import Completed, Diverged, Epoch, LossRose, NoImprovement, Plan, StopReason, TimeLimit
from .state import TrainingState

MAX_LOSS_RATIO = 2.0
"""Last epoch's loss over the first's. Above, training without a validation split has plainly gone wrong."""


def reason_to_stop(state: TrainingState, plan: Plan, validated: bool) -> StopReason | None:
    """The reason after a whole epoch, or None to go on. Early stopping waits until the learning rate has fallen."""
    assert plan.training is not None, "a frozen plan has nothing to train"
    patience, epochs = plan.training.patience, plan.training.epochs
    waited = validated and state.early_stopping.evaluations_since >= patience
    if waited and 2 * state.epoch >= epochs:
        return NoImprovement(patience=patience)
    if plan.max_seconds is not None and state.seconds >= plan.max_seconds:
        return TimeLimit(seconds=plan.max_seconds)
    return Completed(epochs=epochs) if state.epoch == epochs else None


def divergence(state: TrainingState, validated: bool) -> Diverged:
    """The reason to stop after a loss that is not finite.

    Raises:
        InputError: There is no evaluation that says which weights are good.
    """
    if not validated:
        what = "training diverged: the loss is no longer finite"
        raise InputError(what, "take another network, or --strategy frozen")
    return Diverged(updates=state.updates)


def loss_rise(curve: list[Epoch]) -> LossRose | None:
    """The first and last epoch's losses where the last is above MAX_LOSS_RATIO times the first."""
    if len(curve) > 1 and curve[-1].loss > MAX_LOSS_RATIO * curve[0].loss:
        return LossRose(first_loss=curve[0].loss, last_loss=curve[-1].loss)
    return None
