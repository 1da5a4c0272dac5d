"""The first steps of a training, taken before the choice. Where its candidate is chosen, it goes on from them.

A pilot is no training of its own: it runs the candidate's plan, with the plan's schedule over all of its epochs, and
leaves after PILOT_STEPS as a training leaves that is interrupted. So its steps are not taken again.
"""

from __future__ import annotations

import gc
import tempfile
from pathlib import Path

from ...records import Dataset, Epoch, Pilot, Plan, TrainingPlan
from ...training.checkpoint_key import checkpoint_folder
from ...training.checkpoint_manager import load_newest
from ...training.fine_tuning import fine_tune
from ...training.initial_head import fit_and_attach_head
from ...training.inputs import Inputs, load_inputs
from ...training.result import TrainingResult, result_at
from ...training.timer import StageTimer
from .costs import expected_epochs

PILOT_STEPS = 50
"""Optimizer steps that a pilot takes."""


def pilot(dataset: Dataset, plan: Plan, store: str, scratch: Path, steps: int = PILOT_STEPS) -> tuple[Pilot, Plan]:
    """Take the plan's first steps. Returns what they scored, and the plan that goes on from them.

    A pilot that ended in the store already, of an earlier attempt or run, is not trained again. ValueError when the
    plan cannot be piloted.
    """
    if plan.training is None or not plan.validate_split or not dataset.rows("validation"):
        raise ValueError("a pilot needs gradient steps, and a validation split that tells what they were worth")
    gc.collect()  # a network is a web of references: that of the pilot before may still fill the device
    clock = StageTimer()
    with tempfile.TemporaryDirectory(prefix="pilot-", dir=scratch) as folder:
        inputs = load_inputs(dataset, plan, Path(folder))
        kept = checkpoint_folder(store, plan, inputs.network)
        run = ended(kept, inputs.scratch, steps) or trained(inputs, dataset, store, steps, clock)
    before = clock.seconds - clock.stages.get("training", 0.0)
    return result(plan, run, steps, before), plan.model_copy(update={"start_from": kept})


def share(dataset: Dataset, plan: Plan) -> float:
    """Of the steps that the plan is expected to take, what a pilot takes."""
    assert plan.training is not None, "a frozen plan has no steps"
    return share_of(plan.training, dataset.rows("train"))


def share_of(training: TrainingPlan, rows: int) -> float:
    return min(1.0, PILOT_STEPS / (expected_epochs(training) * -(-rows // training.batch_size)))


def points(run: TrainingResult) -> list[Epoch]:
    """Where it was evaluated, in the order of steps."""
    return sorted((*run.curve, *([run.paused_at] if run.paused_at else [])), key=lambda each: each.updates)


def ended(kept: str, scratch: Path, steps: int) -> TrainingResult | None:
    """The run in the store that has come as far as the pilot goes, and was evaluated there."""
    moment = load_newest(kept, scratch)
    run = result_at(moment) if moment else None
    return run if run and (run.stopped or any(each.updates >= steps for each in points(run))) else None


def trained(inputs: Inputs, dataset: Dataset, store: str, steps: int, clock: StageTimer) -> TrainingResult:
    fit_and_attach_head(inputs, dataset, store, clock)
    with clock.measure("training"):
        return fine_tune(inputs, store, lambda folder: None, steps).result


def result(plan: Plan, run: TrainingResult, steps: int, before: float) -> Pilot:
    """Of the run where it was first evaluated after `steps`. Of one that ended before, as it ended: if it diverged in
    its first epoch it left the fitted head.

    `before` are the seconds that went by around the training.
    """
    end: Epoch | TrainingResult = next((each for each in points(run) if each.updates >= steps), run)
    score = run.score if end.score is None else end.score
    assert score is not None, "a pilot is validated"
    assert run.initial_score is not None, "a pilot is validated before its first step"
    return Pilot(
        strategy=plan.strategy,
        updates=end.updates,
        score=score,
        head_score=run.initial_score,
        seconds=before + end.seconds,
    )
