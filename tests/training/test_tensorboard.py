from __future__ import annotations

from array import array
from pathlib import Path

import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from thaw.records import Epoch
from thaw.training import tensorboard
from thaw.training.state import TrainingState


def epoch(number: int, score: float | None) -> Epoch:
    return Epoch(
        epoch=number, updates=10 * number, learning_rate=0.1, loss=1 / number, score=score, seconds=5.0 * number
    )


def test_tensorboard_reads_every_step_and_epoch(tmp_path: Path) -> None:
    losses, rates = np.arange(20, dtype=np.float32), np.linspace(1, 0, 20, dtype=np.float32)
    state = TrainingState(losses=array("f", losses), schedule_factors=array("f", rates), curve=[epoch(1, 0.5)])
    tensorboard.write(tmp_path, state)
    before = {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    state.curve.append(epoch(2, None))
    tensorboard.write(tmp_path, state)
    assert all(file.stat().st_mtime_ns == time for file, time in before.items())
    found = EventAccumulator(str(tmp_path))
    found.Reload()
    assert [(event.step, event.value) for event in found.Scalars("training/loss")] == list(
        zip(range(1, 21), losses, strict=True)
    )
    assert [event.value for event in found.Scalars("training/rate")] == rates.tolist()
    assert [(event.step, event.value, event.wall_time) for event in found.Scalars("epoch/loss")] == [
        (10, 1.0, 5.0),
        (20, 0.5, 10.0),
    ]
    assert [(event.step, event.value) for event in found.Scalars("epoch/validation_score")] == [(10, 0.5)]
