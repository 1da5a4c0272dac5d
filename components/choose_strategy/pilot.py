"""The first steps of a training, taken before the choice. Where its candidate is chosen, it goes on from them.

A pilot is no training of its own: it runs the candidate's plan, with the plan's schedule over all of its epochs, and
leaves after a few of them as a training leaves that is interrupted. So its score is a point of the final curve, and its
steps are not taken again.
"""

from __future__ import annotations

import gc
import tempfile
from pathlib import Path

from ..core.contracts import Dataset, Epoch, Pilot, Plan
from ..core.training.beginning import Clock, Inputs, open_inputs, put_head
from ..core.training.checkpoints import folder_of, newest
from ..core.training.loop import Run, run_of
from ..core.training.tune import tune

PILOT_STEPS = 50
"""Optimizer steps after which a pilot ends with the epoch it is in."""


def pilot(dataset: Dataset, plan: Plan, store: str, scratch: Path, steps: int = PILOT_STEPS) -> tuple[Pilot, Plan]:
    """Train the plan's first `epochs`. Returns what they scored, and the plan that goes on from them.

    A pilot that ended in the store already, of an earlier attempt or run, is not trained again.
    """
    length = epochs(dataset, plan, steps)
    gc.collect()  # a network is a web of references: that of the pilot before may still fill the device
    clock = Clock()
    with tempfile.TemporaryDirectory(prefix="pilot-", dir=scratch) as folder:
        inputs = open_inputs(dataset, plan, Path(folder))
        kept = folder_of(store, plan, inputs.network)
        run = ended(kept, inputs.scratch, length) or trained(inputs, dataset, store, length, clock)
    before = clock.seconds - clock.stages.get("training", 0.0)
    return result(plan, run, length, before), plan.model_copy(update={"start_from": kept})


def epochs(dataset: Dataset, plan: Plan, steps: int = PILOT_STEPS) -> int:
    """Whole epochs of the plan that have at least `steps` steps; all where the training is no longer than that.

    ValueError when the plan cannot be piloted.
    """
    if plan.training is None or not plan.validate_split or not dataset.rows("validation"):
        raise ValueError("a pilot needs gradient steps, and a validation split that tells what they were worth")
    each = -(-dataset.rows("train") // plan.training.batch)
    return min(plan.training.epochs, -(-steps // each))


def ended(kept: str, scratch: Path, length: int) -> Run | None:
    """The run in the store that has come as far as the pilot goes."""
    moment = newest(kept, scratch)
    run = run_of(moment) if moment else None
    return run if run and (run.stopped or len(run.curve) >= length) else None


def trained(inputs: Inputs, dataset: Dataset, store: str, length: int, clock: Clock) -> Run:
    put_head(inputs, dataset, store, clock)
    with clock.part("training"):
        return tune(inputs, store, lambda folder: None, length).run


def result(plan: Plan, run: Run, length: int, before: float) -> Pilot:
    """Of a training that ended earlier, as far as it came: one that diverged in its first epoch left the fitted head.

    `before` are the seconds that went by around the training.
    """
    assert run.start_score is not None, "a pilot is validated before its first step"
    scores = [epoch.score for epoch in run.curve[:length] if epoch.score is not None]
    end: Epoch | Run = run.curve[length - 1] if len(run.curve) >= length else run
    return Pilot(
        strategy=plan.strategy,
        steps=end.steps,
        score=scores[-1] if scores else run.start_score,
        head_score=run.start_score,
        seconds=before + end.seconds,
    )
