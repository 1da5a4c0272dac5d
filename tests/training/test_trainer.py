from __future__ import annotations

import signal
from contextlib import closing

import numpy as np
import pytest

from tests.networks import tiny
from tests.networks.harness import headed, plan
from thaw.errors import InputError
from thaw.metrics import scores as metrics
from thaw.networks.loading import open_network
from thaw.networks.protocol import no_progress
from thaw.progress import Stage
from thaw.records import Completed, Diverged, LossRose, NoImprovement, TimeLimit
from thaw.training.batches import Batches
from thaw.training.checkpoint_manager import CheckpointManager
from thaw.training.trainer import Trainer


@pytest.fixture(scope="module")
def network_folder(tmp_path_factory):
    return tiny.text_folder(tmp_path_factory.mktemp("bert"))


def prepared(folder, scratch, **changes):
    raw, labels = tiny.texts(64)
    network = open_network("text", str(folder), scratch, input_size=32)
    examples, labels = network.encode(raw, scratch), np.array(labels)
    headed(network, examples)
    tuning = plan(network, 1, "text", epochs=8, patience=8, learning_rate=3e-3, head_learning_rate=3e-3, **changes)
    return network, examples, labels, tuning


def test_training_learns_and_leaves_the_best_weights(network_folder, tmp_path):
    network, examples, labels, tuning = prepared(network_folder, tmp_path)
    rows, held = np.arange(48), np.arange(48, 64)

    def validate(advance=no_progress):
        logits = network.logits(examples.take(held), advance)
        return metrics.accuracy(labels[held], logits.argmax(1)), metrics.log_loss(labels[held], logits)

    batches = Batches(examples.take(rows), labels[rows], tuning)
    run = Trainer(network.tuner(tuning), batches, tuning, validate, Stage("training", 1)).train()
    assert run.curve[-1].loss < run.curve[0].loss
    assert run.score == max([*(epoch.score for epoch in run.curve), run.score])
    assert validate()[0] == run.score > 0.8


def test_the_time_limit_ends_training(network_folder, tmp_path):
    network, examples, labels, tuning = prepared(network_folder, tmp_path)
    limited = tuning.model_copy(update={"max_seconds": 0.001})
    batches = Batches(examples, labels, limited)
    run = Trainer(network.tuner(limited), batches, limited, None, Stage("training", 1)).train()
    assert len(run.curve) == 1
    assert run.stopped == TimeLimit(seconds=0.001)
    assert run.score is None


class GivenLosses:
    """A training whose losses are given; what it trains is a single number."""

    trained_parameters = 1

    def __init__(self, losses: list[float], killed_at: int = 0) -> None:
        self.losses, self.killed_at, self.updates = losses, killed_at, 0

    def prepare(self, batch):
        return batch

    def update(self, prepared, labels, weights, schedule_factor):
        self.updates += 1
        if self.updates == self.killed_at:
            signal.raise_signal(signal.SIGTERM)
        return np.float32(self.losses[self.updates - 1])

    def variables(self):
        return {"updates": np.array(self.updates)}

    def assign(self, variables):
        self.updates = int(variables["updates"])

    state_dict, load_state_dict = variables, assign


def trained(
    losses: list[float],
    network_folder,
    tmp_path,
    validate=None,
    epochs=4,
    checkpoints=None,
    max_updates=0,
    batch_size=64,
    killed_at=0,
):
    """One update an epoch."""
    _, examples, labels, tuning = prepared(network_folder, tmp_path)
    training = tuning.training.model_copy(update={"epochs": epochs, "batch_size": batch_size})
    tuner, tuning = GivenLosses(losses, killed_at), tuning.model_copy(update={"training": training})
    batches, stage = Batches(examples, labels, tuning), Stage("training", 1)
    return tuner, Trainer(tuner, batches, tuning, validate, stage, checkpoints, max_updates=max_updates).train()


def test_a_loss_that_is_no_number_ends_training_at_the_best_weights(network_folder, tmp_path):
    scores = iter([(0.5, 1.0), (0.7, 1.0)])
    tuner, run = trained([1.0, np.nan, 1.0, 1.0], network_folder, tmp_path, lambda advance: next(scores))
    assert run.stopped == Diverged(updates=2)
    assert (run.score, tuner.updates) == (0.7, 1)
    with pytest.raises(InputError, match="diverged"):
        trained([1.0, np.inf, 1.0, 1.0], network_folder, tmp_path)


def test_without_a_validation_split_a_loss_that_rises_leaves_the_fitted_head(network_folder, tmp_path):
    tuner, run = trained([1.0, 30.0, 20.0, 9.0], network_folder, tmp_path)
    assert run.stopped == LossRose(first_loss=1.0, last_loss=9.0)
    assert tuner.updates == 0
    tuner, run = trained([1.0, 3.0, 0.5, 0.2], network_folder, tmp_path)
    assert (run.stopped, tuner.updates) == (Completed(epochs=4), 4)


def test_early_stopping_waits_for_the_falling_half(network_folder, tmp_path):
    scores = iter([(0.9, 1.0)] + [(0.1, 1.0)] * 30)
    tuner, run = trained([1.0] * 30, network_folder, tmp_path, lambda advance: next(scores), epochs=30)
    assert run.curve[-1].epoch == 15
    assert run.stopped == NoImprovement(patience=8)
    assert (run.score, tuner.updates) == (0.9, 0)


@pytest.mark.parametrize("max_updates", [1, 3])
def test_what_is_left_at_the_end_of_an_epoch_goes_on_from_there(network_folder, tmp_path, max_updates):
    losses, scores = [4.0, 3.0, 2.0, 1.0], [(0.5, 1.0), (0.4, 1.0), (0.7, 1.0), (0.6, 1.0), (0.3, 1.0)]

    def attempt(done: int):
        """A process that has only the losses and scores that are to come."""
        given = iter(scores if done == 0 else scores[done + 1 :])
        with closing(CheckpointManager(str(tmp_path / "kept"), tmp_path, seconds=3600.0)) as checkpoints:
            return trained(
                losses,
                network_folder,
                tmp_path,
                lambda advance: next(given),
                checkpoints=checkpoints,
                max_updates=leave,
            )

    leave = max_updates
    tuner, run = attempt(0)
    assert (run.stopped, run.updates, tuner.updates, run.initial_score) == (None, max_updates, max_updates, 0.5)
    assert run.score == max(score for score, _ in scores[: max_updates + 1])
    leave = 0
    tuner, rest = attempt(max_updates)
    assert (rest.stopped, rest.updates, rest.resumed, rest.initial_score) == (
        Completed(epochs=4),
        4,
        (max_updates,),
        0.5,
    )
    assert (rest.score, tuner.updates) == (0.7, 2)
    assert [epoch.score for epoch in rest.curve] == [score for score, _ in scores[1:]]
    assert [epoch.learning_rate for epoch in rest.curve[:max_updates]] == [epoch.learning_rate for epoch in run.curve]
    assert rest.seconds > rest.earlier_seconds >= run.curve[-1].seconds
    assert rest.paused_at == run.paused_at == run.curve[-1]


def test_what_is_left_within_an_epoch_is_evaluated_and_goes_on_as_if_it_had_not_been(network_folder, tmp_path):
    """Two steps an epoch: that between them is no evaluation of the training's own."""

    def attempt(scores: list[float], max_updates: int = 0):
        given = ((score, 1.0) for score in scores)
        with closing(CheckpointManager(str(tmp_path / "kept"), tmp_path, seconds=3600.0)) as checkpoints:
            return trained(
                [4.0, 3.0, 2.0, 1.0],
                network_folder,
                tmp_path,
                lambda advance: next(given),
                2,
                checkpoints,
                max_updates,
                batch_size=32,
            )

    tuner, run = attempt([0.5, 0.9], max_updates=1)
    assert (run.stopped, run.updates, tuner.updates, run.curve, run.score) == (None, 1, 1, (), 0.5)
    at = run.paused_at
    assert (at.epoch, at.updates, at.loss, at.score) == (0.5, 1, 4.0, 0.9)
    tuner, rest = attempt([0.4, 0.7])
    assert (rest.stopped, rest.resumed, rest.score, rest.paused_at) == (Completed(epochs=2), (1,), 0.7, at)
    assert [(each.updates, each.loss, each.score) for each in rest.curve] == [(2, 3.5, 0.4), (4, 1.5, 0.7)]


@pytest.mark.parametrize("loss", [1.0, np.nan])
@pytest.mark.parametrize("max_updates", [0, 4])
def test_what_is_killed_before_its_last_evaluation_still_ends(network_folder, tmp_path, max_updates, loss):
    """Whether it was to train to the end, or is a pilot that comes as far."""

    def attempt(scores: list[float], killed_at: int = 0):
        given = ((score, 1.0) for score in scores)
        with closing(CheckpointManager(str(tmp_path / "kept"), tmp_path, seconds=3600.0)) as checkpoints:
            return trained(
                [4.0, 3.0, 2.0, loss],
                network_folder,
                tmp_path,
                lambda advance: next(given),
                checkpoints=checkpoints,
                max_updates=max_updates,
                killed_at=killed_at,
            )

    with pytest.raises(SystemExit):
        attempt([0.5, 0.4, 0.9, 0.6], killed_at=4)
    tuner, run = attempt([0.7])
    finite = bool(np.isfinite(loss))
    assert run.stopped == (Completed(epochs=4) if finite else Diverged(updates=4))
    assert (run.score, tuner.updates, run.resumed, run.paused_at) == (0.9, 2, (4,), None)
    assert [each.score for each in run.curve] == [0.4, 0.9, 0.6, 0.7][: 3 + finite]


def test_what_ended_before_it_was_to_be_left_has_ended(network_folder, tmp_path):
    scores = iter([(0.5, 1.0), (0.7, 1.0)])
    _, run = trained([1.0, np.nan, 1.0, 1.0], network_folder, tmp_path, lambda advance: next(scores), max_updates=3)
    assert run.stopped == Diverged(updates=2)
    tuner, run = trained([1.0, 1.0, 1.0, 1.0], network_folder, tmp_path, max_updates=4)
    assert (run.stopped, tuner.updates) == (Completed(epochs=4), 4)
