"""The training loop, once for both engines: validation, early stop, checkpoints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..networks.protocol import Advance, Examples, Tuner
from ..progress import Stage
from ..records import Epoch, Plan
from .checkpoint import Checkpoint, CheckpointManager
from .interrupt import EXIT_CODE, Interrupted, watch_sigterm
from .state import TrainingState

Validate = Callable[[Advance], tuple[float, float]]
"""Score and log loss on the validation split."""

RISEN = 2.0
"""Times the first epoch's loss, at which training without a validation split has plainly gone wrong."""


@dataclass(frozen=True)
class TrainingResult:
    curve: tuple[Epoch, ...]
    updates: int
    score: float | None
    """The best on the validation split: that of the weights that are left in place."""
    stopped: str
    """Why training ended; empty when it is to go on another time."""
    resumed: tuple[int, ...]
    """Steps done each time the training went on in another process."""
    seconds: float
    """Spent on training, by earlier processes too."""
    earlier_seconds: float
    """By those alone."""
    initial_score: float | None
    """Of the fitted head, on the validation split, before the first step."""
    paused_at: Epoch | None
    """Where a pilot ended."""


def train(
    tuner: Tuner,
    examples: Examples,
    labels: np.ndarray,
    plan: Plan,
    validate: Validate | None,
    stage: Stage,
    keep: CheckpointManager | None = None,
    observe: Callable[[TrainingState], None] = lambda course: None,
    until: int = 0,
) -> TrainingResult:
    """Train as planned; the weights that are left are the best on the validation split, or the last without one.

    The start is validated too: the fitted head on the frozen network is a candidate like every epoch (Kumar 2022).
    With `keep` the training goes on from where an earlier process was when it ended. SIGTERM ends it with a checkpoint
    and exit code 143. `observe` is called after each epoch. After `until` steps (0: all) it is left with a checkpoint,
    and evaluated for whoever wants to know: that says nothing to early stopping.
    InputError when the loss diverges and there is no validation split to tell which weights were good.
    """
    course = TrainingState(tuner, examples, labels, plan, until)
    if keep and (moment := keep.open()):
        course.resume(moment)
        stage.resume(course.rows, f"goes on from step {course.updates} of {course.total}")
    with watch_sigterm() as asked:
        try:
            run_to_the_end(course, validate, stage, keep, observe, asked)
        except Interrupted as interrupted:
            leave(course, keep)
            raise SystemExit(EXIT_CODE) from interrupted
    best = course.stop.best
    return TrainingResult(
        tuple(course.curve),
        course.updates,
        best[0] if best else None,
        course.stopped,
        course.resumed,
        course.seconds,
        course.spent,
        course.initial_score,
        course.paused_at,
    )


def result_of(moment: Checkpoint) -> TrainingResult:
    """What was run up to a moment."""
    meta = moment.meta
    curve = tuple(Epoch.model_validate(each) for each in meta["curve"])
    score = meta["best"][0] if meta["best"] else None
    resumed, seconds = tuple(meta["resumed"]), meta["seconds"]
    paused_at = Epoch.model_validate(meta["paused_at"]) if meta["paused_at"] else None
    return TrainingResult(
        curve, meta["updates"], score, meta["stopped"], resumed, seconds, seconds, meta["initial_score"], paused_at
    )


def run_to_the_end(
    course: TrainingState,
    validate: Validate | None,
    stage: Stage,
    keep: CheckpointManager | None,
    observe: Callable[[TrainingState], None],
    asked: Callable[[], bool],
) -> None:
    def leave_if_asked(rows: int = 0) -> None:
        if asked():
            raise Interrupted

    finished = bool(course.stopped)
    if not course.stop.weights and not finished:
        result = validate(leave_if_asked) if validate else None
        course.initial_score = result[0] if result else None
        judge(course, result)
    while not course.left:
        for rows in course.epoch_steps():
            stage.advance(rows, note(course))
            leave_if_asked()
            if keep and keep.due:
                keep.save(course.moment(), f"{course.updates:08d}")
        if course.left:
            break
        result = validate(leave_if_asked) if validate and np.isfinite(course.loss) else None
        course.stopped = verdict(course, result, validate is not None)
        observe(course)
    if not course.stopped:
        course.paused_at = where(course, validate, leave_if_asked)
        leave(course, keep)
        return
    settle(course, validate is not None)
    if keep and not finished:
        keep.save(course.moment(), f"{course.updates:08d}-end", kept=1)
        keep.wait()
    if finished:
        observe(course)


def where(course: TrainingState, validate: Validate | None, advance: Advance) -> Epoch | None:
    """An evaluation between two steps."""
    if not course.place:
        return course.curve[-1]
    score = validate(advance)[0] if validate else None
    return course.point(course.epoch + course.place / course.length, score)


def leave(course: TrainingState, keep: CheckpointManager | None) -> None:
    """To go on from another time."""
    if keep:
        keep.save(course.moment(), f"{course.updates:08d}-left")
        keep.wait()


def note(course: TrainingState) -> str:
    best = f", best score {course.stop.best[0]:.3f}" if course.stop.best else ""
    return f"epoch {course.epoch + 1}/{course.training.epochs}, loss {course.loss:.3f}{best}"


def judge(course: TrainingState, result: tuple[float, float] | None) -> None:
    """Keep the weights of the moment if they are the best so far, or the first."""
    if result is None or course.stop.better(*result):
        course.stop.weights = course.tuner.variables()


def verdict(course: TrainingState, result: tuple[float, float] | None, validated: bool) -> str:
    """End the epoch; why training ends with it, or nothing."""
    if not np.isfinite(course.loss):
        if not validated:
            what = "training diverged: the loss is no longer finite"
            raise InputError(what, "take another network, or --strategy frozen")
        return "the loss was no longer finite"
    if result:
        judge(course, result)
    course.end_epoch(result[0] if result else None)
    if validated and course.stop.over and 2 * course.epoch >= course.training.epochs:  # not while the rate is high
        return f"no better validation score for {course.stop.patience} epochs"
    if course.late:
        return f"the limit of {course.plan.max_seconds:.0f} seconds was reached"
    return "all epochs done" if course.epoch == course.training.epochs else ""


def settle(course: TrainingState, validated: bool) -> None:
    """Leave the best weights; without a validation split the last, unless they are plainly worse than the first."""
    risen = len(course.curve) > 1 and course.curve[-1].loss > RISEN * course.curve[0].loss
    if course.stop.weights and (validated or risen):
        course.tuner.assign(course.stop.weights)
        if not validated:
            course.stopped = "the loss rose: the fitted head on the frozen network was kept"
    else:
        course.stop.weights = {}
