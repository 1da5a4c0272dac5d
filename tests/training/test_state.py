from __future__ import annotations

import json
from array import array

import numpy as np
import pytest

from thaw.records import Epoch, TimeLimit
from thaw.training.checkpoint import Checkpoint
from thaw.training.early_stopping import EarlyStopping
from thaw.training.state import TrainingState, tuner_arrays

POINT = Epoch(epoch=1, updates=2, learning_rate=0.1, loss=0.5, score=0.7, seconds=3.0)


def test_a_state_comes_back_from_its_checkpoint() -> None:
    state = TrainingState(
        epoch=1,
        updates_in_epoch=1,
        updates=3,
        rows=24,
        losses=array("f", [0.1, 0.2, 0.3]),
        schedule_factors=array("f", [1.0, 0.5, 0.1]),
        curve=[POINT],
        early_stopping=EarlyStopping((0.7, -0.5), {"head": np.ones(2)}, 1),
        initial_score=0.6,
        paused_at=POINT,
        stopped=TimeLimit(seconds=5.0),
        resumed=(2,),
        earlier_seconds=4.0,
    )
    checkpoint = state.to_checkpoint({"weight": np.zeros(3)})
    again = TrainingState.from_checkpoint(Checkpoint(json.loads(json.dumps(checkpoint.meta)), checkpoint.arrays))
    assert again == state
    assert list(tuner_arrays(checkpoint)) == ["weight"]


def test_the_loss_is_the_mean_of_the_epoch_that_has_begun() -> None:
    state = TrainingState(updates=4, updates_in_epoch=2, losses=array("f", [9.0, 9.0, 1.0, 2.0]))
    assert state.loss == 1.5
    state.losses.pop()  # the device still works on the newest
    assert state.loss == pytest.approx(1.0)
    assert np.isnan(TrainingState().loss)
