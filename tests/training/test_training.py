from __future__ import annotations

import signal
from contextlib import closing

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.networks import tiny
from tests.networks.harness import headed, plan
from thaw.errors import InputError
from thaw.metrics import scores as metrics
from thaw.networks.loading import open_network
from thaw.networks.protocol import no_progress
from thaw.progress import Stage
from thaw.training.checkpoint import CheckpointManager
from thaw.training.early_stopping import EarlyStopping
from thaw.training.schedule import epoch_batches, warmup_cosine
from thaw.training.trainer import train


@given(st.integers(1, 300), st.floats(0, 1))
def test_rates_stay_between_zero_and_the_peak(total, warmup):
    rates = [warmup_cosine(step, total, warmup) for step in range(total)]
    assert all(0 <= rate <= 1 for rate in rates)
    assert max(rates) == 1 or total == 1


@given(st.integers(1, 400), st.integers(1, 32), st.integers(0, 5), st.integers(0, 3))
@settings(max_examples=40)
def test_an_epoch_has_every_row_once(rows, batch, seed, epoch):
    lengths = np.random.default_rng(seed).integers(1, 60, rows)
    batches = epoch_batches(lengths, batch, seed, epoch)
    assert sorted(np.concatenate(batches).tolist()) == list(range(rows))
    assert max(len(each) for each in batches) <= batch
    again = epoch_batches(lengths, batch, seed, epoch)
    assert all(np.array_equal(one, other) for one, other in zip(batches, again, strict=True))


def test_batches_are_of_like_length_and_epochs_differ():
    lengths = np.random.default_rng(0).integers(1, 200, 512)
    batches = epoch_batches(lengths, 16, 0, 0)
    assert np.mean([np.ptp(lengths[rows]) for rows in batches]) < 30 < np.ptp(lengths) / 4
    assert not np.array_equal(np.concatenate(batches), np.concatenate(epoch_batches(lengths, 16, 0, 1)))


def test_early_stop_keeps_the_best_and_prefers_the_lower_loss():
    stop = EarlyStopping(patience=2)
    assert [stop.better(*each) for each in [(0.5, 1.0), (0.6, 1.0), (0.6, 0.9), (0.6, 0.95)]] == [
        True,
        True,
        True,
        False,
    ]
    assert not stop.over
    stop.better(0.1, 2.0)
    assert stop.over
    assert stop.best == (0.6, -0.9)


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

    tuner = network.tuner(tuning)
    run = train(tuner, examples.take(rows), labels[rows], tuning, validate, Stage("training", 1))
    assert run.curve[-1].loss < run.curve[0].loss
    assert run.score == max([*(epoch.score for epoch in run.curve), run.score])
    assert validate()[0] == run.score > 0.8


def test_the_time_limit_ends_training(network_folder, tmp_path):
    network, examples, labels, tuning = prepared(network_folder, tmp_path)
    limited = tuning.model_copy(update={"max_seconds": 0.001})
    run = train(network.tuner(limited), examples, labels, limited, None, Stage("training", 1))
    assert len(run.curve) == 1
    assert "limit" in run.stopped
    assert run.score is None


class Steep:
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


def course_of(
    losses: list[float], network_folder, tmp_path, validate=None, epochs=4, keep=None, until=0, batch=64, killed_at=0
):
    """One step an epoch."""
    _, examples, labels, tuning = prepared(network_folder, tmp_path)
    training = tuning.training.model_copy(update={"epochs": epochs, "batch_size": batch})
    tuner = Steep(losses, killed_at)
    plan_ = tuning.model_copy(update={"training": training})
    return tuner, train(tuner, examples, labels, plan_, validate, Stage("training", 1), keep, until=until)


def test_a_loss_that_is_no_number_ends_training_at_the_best_weights(network_folder, tmp_path):
    scores = iter([(0.5, 1.0), (0.7, 1.0)])
    tuner, run = course_of([1.0, np.nan, 1.0, 1.0], network_folder, tmp_path, lambda advance: next(scores))
    assert "no longer finite" in run.stopped
    assert (run.score, tuner.updates) == (0.7, 1)
    with pytest.raises(InputError, match="diverged"):
        course_of([1.0, np.inf, 1.0, 1.0], network_folder, tmp_path)


def test_without_a_validation_split_a_loss_that_rises_leaves_the_fitted_head(network_folder, tmp_path):
    tuner, run = course_of([1.0, 30.0, 20.0, 9.0], network_folder, tmp_path)
    assert "the loss rose" in run.stopped
    assert tuner.updates == 0
    tuner, run = course_of([1.0, 3.0, 0.5, 0.2], network_folder, tmp_path)
    assert (run.stopped, tuner.updates) == ("all epochs done", 4)


def test_early_stop_waits_for_the_falling_half(network_folder, tmp_path):
    scores = iter([(0.9, 1.0)] + [(0.1, 1.0)] * 30)
    tuner, run = course_of([1.0] * 30, network_folder, tmp_path, lambda advance: next(scores), epochs=30)
    assert run.curve[-1].epoch == 15
    assert (run.score, tuner.updates) == (0.9, 0)


@pytest.mark.parametrize("until", [1, 3])
def test_what_is_left_at_the_end_of_an_epoch_goes_on_from_there(network_folder, tmp_path, until):
    losses, scores = [4.0, 3.0, 2.0, 1.0], [(0.5, 1.0), (0.4, 1.0), (0.7, 1.0), (0.6, 1.0), (0.3, 1.0)]

    def course(steps: int):
        """A process that has only the losses and scores that are to come."""
        given = iter(scores if steps == 0 else scores[steps + 1 :])
        with closing(CheckpointManager(str(tmp_path / "kept"), tmp_path, every=3600.0)) as keep:
            return course_of(losses, network_folder, tmp_path, lambda advance: next(given), keep=keep, until=leave)

    leave = until
    tuner, run = course(0)
    assert (run.stopped, run.updates, tuner.updates, run.initial_score) == ("", until, until, 0.5)
    assert run.score == max(score for score, _ in scores[: until + 1])
    leave = 0
    tuner, rest = course(until)
    assert (rest.stopped, rest.updates, rest.resumed, rest.initial_score) == ("all epochs done", 4, (until,), 0.5)
    assert (rest.score, tuner.updates) == (0.7, 2)
    assert [epoch.score for epoch in rest.curve] == [score for score, _ in scores[1:]]
    assert [epoch.learning_rate for epoch in rest.curve[:until]] == [epoch.learning_rate for epoch in run.curve]
    assert rest.seconds > rest.earlier_seconds >= run.curve[-1].seconds
    assert rest.paused_at == run.paused_at == run.curve[-1]


def test_what_is_left_within_an_epoch_is_evaluated_and_goes_on_as_if_it_had_not_been(network_folder, tmp_path):
    """Two steps an epoch: that between them is no evaluation of the training's own."""

    def course(scores: list[float], until: int = 0):
        given = ((score, 1.0) for score in scores)
        with closing(CheckpointManager(str(tmp_path / "kept"), tmp_path, every=3600.0)) as keep:
            return course_of(
                [4.0, 3.0, 2.0, 1.0], network_folder, tmp_path, lambda advance: next(given), 2, keep, until, batch=32
            )

    tuner, run = course([0.5, 0.9], until=1)
    assert (run.stopped, run.updates, tuner.updates, run.curve, run.score) == ("", 1, 1, (), 0.5)
    at = run.paused_at
    assert (at.epoch, at.updates, at.loss, at.score) == (0.5, 1, 4.0, 0.9)
    tuner, rest = course([0.4, 0.7])
    assert (rest.stopped, rest.resumed, rest.score, rest.paused_at) == ("all epochs done", (1,), 0.7, at)
    assert [(each.updates, each.loss, each.score) for each in rest.curve] == [(2, 3.5, 0.4), (4, 1.5, 0.7)]


@pytest.mark.parametrize("loss", [1.0, np.nan])
@pytest.mark.parametrize("until", [0, 4])
def test_what_is_killed_before_its_last_evaluation_still_ends(network_folder, tmp_path, until, loss):
    """Whether it was to train to the end, or is a pilot that comes as far."""

    def course(scores: list[float], killed_at: int = 0):
        given = ((score, 1.0) for score in scores)
        with closing(CheckpointManager(str(tmp_path / "kept"), tmp_path, every=3600.0)) as keep:
            return course_of(
                [4.0, 3.0, 2.0, loss],
                network_folder,
                tmp_path,
                lambda advance: next(given),
                keep=keep,
                until=until,
                killed_at=killed_at,
            )

    with pytest.raises(SystemExit):
        course([0.5, 0.4, 0.9, 0.6], killed_at=4)
    tuner, run = course([0.7])
    finite = bool(np.isfinite(loss))
    assert run.stopped == ("all epochs done" if finite else "the loss was no longer finite")
    assert (run.score, tuner.updates, run.resumed, run.paused_at) == (0.9, 2, (4,), None)
    assert [each.score for each in run.curve] == [0.4, 0.9, 0.6, 0.7][: 3 + finite]


def test_what_ended_before_it_was_to_be_left_has_ended(network_folder, tmp_path):
    scores = iter([(0.5, 1.0), (0.7, 1.0)])
    _, run = course_of([1.0, np.nan, 1.0, 1.0], network_folder, tmp_path, lambda advance: next(scores), until=3)
    assert "no longer finite" in run.stopped
    tuner, run = course_of([1.0, 1.0, 1.0, 1.0], network_folder, tmp_path, until=4)
    assert (run.stopped, tuner.updates) == ("all epochs done", 4)
