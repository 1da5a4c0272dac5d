"""A training's curve as TensorBoard reads it: a file an epoch, so that one that is there never changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..records import Epoch

Scalars = dict[str, float]


def write(folder: Path, losses: np.ndarray, rates: np.ndarray, curve: list[Epoch]) -> None:
    """Write the epochs that `folder` lacks. Loss and rate of each step: (steps,) float32."""
    folder.mkdir(parents=True, exist_ok=True)
    first = 0
    for epoch in curve:
        file = folder / f"events.out.tfevents.{epoch.epoch:06.0f}.thaw"
        if not file.exists():
            write_events(file, list(events(losses, rates, first, epoch)))
        first = epoch.updates


def events(losses: np.ndarray, rates: np.ndarray, first: int, epoch: Epoch) -> Iterator[tuple[int, float, Scalars]]:
    """Step, seconds since training began, and what is known there."""
    before = epoch.seconds * first / max(1, epoch.updates)
    for step in range(first, epoch.updates):
        seconds = before + (epoch.seconds - before) * (step + 1 - first) / (epoch.updates - first)
        yield step + 1, seconds, {"training/loss": float(losses[step]), "training/rate": float(rates[step])}
    scores = {"epoch/loss": epoch.loss} | ({} if epoch.score is None else {"epoch/validation_score": epoch.score})
    yield epoch.updates, epoch.seconds, scores


def write_events(file: Path, rows: list[tuple[int, float, Scalars]]) -> None:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.record_writer import RecordWriter

    part = file.with_name(f".{file.name}")
    with open(part, "wb") as opened:
        writer = RecordWriter(opened)
        writer.write(Event(file_version="brain.Event:2").SerializeToString())
        for step, seconds, scalars in rows:
            values = [Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()]
            writer.write(Event(step=step, wall_time=seconds, summary=Summary(value=values)).SerializeToString())
        writer.flush()
    part.replace(file)
