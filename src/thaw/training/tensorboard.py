"""A training's curve as TensorBoard reads it: one file per epoch, so that a file never changes once it is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..records import Epoch
from .state import TrainingState

Event = tuple[int, float, dict[str, float]]
"""Update, seconds since training began, and scalars by tag."""


def write(folder: Path, state: TrainingState) -> None:
    """Write the epochs that `folder` lacks."""
    folder.mkdir(parents=True, exist_ok=True)
    first = 0
    for epoch in state.curve:
        file = folder / f"events.out.tfevents.{epoch.epoch:06.0f}.thaw"
        if not file.exists():
            write_events(file, events(state, first, epoch))
        first = epoch.updates


def events(state: TrainingState, first: int, epoch: Epoch) -> Iterator[Event]:
    """Loss and rate of each update from number `first` to the epoch's end, their times interpolated; then its score."""
    start = epoch.seconds * first / max(1, epoch.updates)
    for update in range(first, epoch.updates):
        seconds = start + (epoch.seconds - start) * (update + 1 - first) / (epoch.updates - first)
        scalars = {"training/loss": state.losses[update], "training/rate": state.schedule_factors[update]}
        yield update + 1, seconds, scalars
    scores = {} if epoch.score is None else {"epoch/validation_score": epoch.score}
    yield epoch.updates, epoch.seconds, {"epoch/loss": epoch.loss, **scores}


def write_events(file: Path, events: Iterator[Event]) -> None:
    """Write the file whole, under its name only when it is complete."""
    from tensorboard.compat.proto import event_pb2
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.record_writer import RecordWriter

    part = file.with_name(f".{file.name}")
    with open(part, "wb") as opened:
        writer = RecordWriter(opened)
        writer.write(event_pb2.Event(file_version="brain.Event:2").SerializeToString())
        for update, seconds, scalars in events:
            values = [Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()]
            event = event_pb2.Event(step=update, wall_time=seconds, summary=Summary(value=values))
            writer.write(event.SerializeToString())
        writer.flush()
    part.replace(file)
