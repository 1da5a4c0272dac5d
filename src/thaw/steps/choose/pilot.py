"""Pilots: the first updates of a training, run before the choice. Where its candidate is chosen, it goes on from them.

A pilot is no training of its own: it runs the candidate's plan, with the plan's schedule over all of its epochs, and
leaves after PILOT_UPDATES as a training leaves that is interrupted. So its updates are not run again.
"""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ...records import Dataset, Epoch, Pilot, Plan, Strategy, TrainingPlan
from ...training.checkpoint_key import checkpoint_folder
from ...training.checkpoint_manager import load_newest
from ...training.fine_tuning import fine_tune
from ...training.initial_head import fit_and_attach_head
from ...training.inputs import Inputs, load_inputs
from ...training.result import TrainingResult, result_at
from ...training.timer import StageTimer
from .costs import expected_epochs

PILOT_UPDATES = 50


def run_pilot(
    dataset: Dataset, plan: Plan, store: str, scratch: Path, updates: int = PILOT_UPDATES
) -> tuple[Pilot, Plan]:
    """Run the plan's first updates. Returns what they scored, and the plan that goes on from them.

    A pilot that ended in the store already, of an earlier attempt or run, is not trained again.

    Raises:
        ValueError: The plan cannot be piloted.
    """
    if not can_be_piloted(dataset, plan):
        raise ValueError("a pilot needs gradient steps, and a validation split that tells what they were worth")
    gc.collect()  # a network is a web of references: that of the pilot before may still fill the device
    timer = StageTimer()
    with tempfile.TemporaryDirectory(prefix="pilot-", dir=scratch) as folder:
        inputs = load_inputs(dataset, plan, Path(folder))
        checkpoints = checkpoint_folder(store, plan, inputs.network)
        run = finished_pilot(checkpoints, inputs.scratch, updates) or train_pilot(
            inputs, dataset, store, updates, timer
        )
    around = timer.seconds - timer.stages.get("training", 0.0)
    return pilot_of(plan, run, updates, around), plan.model_copy(update={"start_from": checkpoints})


def can_be_piloted(dataset: Dataset, plan: Plan) -> bool:
    return plan.training is not None and plan.validate_split and dataset.rows("validation") > 0


def pilot_fractions(dataset: Dataset, plans: Mapping[Strategy, Plan]) -> dict[Strategy, float]:
    """The part of each training that its pilot takes, of those that can have one."""
    return {
        name: pilot_fraction(plan.training, dataset.rows("train"))
        for name, plan in plans.items()
        if plan.training and can_be_piloted(dataset, plan)
    }


def pilot_fraction(training: TrainingPlan, rows: int) -> float:
    """The part of the updates to expect of a training on `rows` rows that a pilot takes."""
    return min(1.0, PILOT_UPDATES / (expected_epochs(training) * -(-rows // training.batch_size)))


def evaluations(run: TrainingResult) -> list[Epoch]:
    """All evaluations of a run, in the order of updates."""
    return sorted((*run.curve, *([run.paused_at] if run.paused_at else [])), key=lambda each: each.updates)


def finished_pilot(checkpoints: str, scratch: Path, updates: int) -> TrainingResult | None:
    """The run in the store that has come as far as the pilot goes, and was evaluated there."""
    state = load_newest(checkpoints, scratch)
    run = result_at(state) if state else None
    return run if run and (run.stopped or any(each.updates >= updates for each in evaluations(run))) else None


def train_pilot(inputs: Inputs, dataset: Dataset, store: str, updates: int, timer: StageTimer) -> TrainingResult:
    fit_and_attach_head(inputs, dataset, store, timer)
    with timer.measure("training"):
        return fine_tune(inputs, store, lambda folder: None, updates).result


def pilot_of(plan: Plan, run: TrainingResult, updates: int, seconds_around: float) -> Pilot:
    """The record of a run where it was first evaluated after `updates`; of one that ended before, as it ended: if it
    diverged in its first epoch it left the fitted head.

    `seconds_around` are those of the pilot before and after its training.
    """
    end: Epoch | TrainingResult = next((each for each in evaluations(run) if each.updates >= updates), run)
    score = run.score if end.score is None else end.score
    assert score is not None, "a pilot is validated"
    assert run.initial_score is not None, "a pilot is validated before its first update"
    return Pilot(
        strategy=plan.strategy,
        updates=end.updates,
        score=score,
        head_score=run.initial_score,
        seconds=seconds_around + end.seconds,
    )
