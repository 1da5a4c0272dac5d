from __future__ import annotations

import signal
from contextlib import closing
from pathlib import Path
from typing import Any

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
def network_folder(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return tiny.text_folder(tmp_path_factory.mktemp("bert"))


def prepared(folder: Path, scratch: Path, **changes: Any) -> Any:
    raw, names = tiny.texts(64)
    network = open_network("text", str(folder), scratch, input_size=32)
    examples, labels = network.encode(raw, scratch), np.array(names)
    headed(network, examples)
    tuning = plan(network, 1, "text", epochs=8, patience=8, learning_rate=3e-3, head_learning_rate=3e-3, **changes)
    return network, examples, labels, tuning


def test_training_learns_and_leaves_the_best_weights(network_folder: Any, tmp_path: Path) -> None:
    network, examples, labels, tuning = prepared(network_folder, tmp_path)
    rows, held = np.arange(48), np.arange(48, 64)

    def validate(advance: Any = no_progress) -> Any:
        logits = network.logits(examples.take(held), advance)
        return metrics.accuracy(labels[held], logits.argmax(1)), metrics.log_loss(labels[held], logits)

    batches = Batches(examples.take(rows), labels[rows], tuning)
    result = Trainer(network.tuner(tuning), batches, tuning, validate, Stage("training", 1)).train()
    assert result.curve[-1].loss < result.curve[0].loss
    assert result.score == max(
        score for score in (*(epoch.score for epoch in result.curve), result.score) if score is not None
    )
    assert validate()[0] == result.score
    assert validate()[0] > 0.8


def test_the_time_limit_ends_training(network_folder: Any, tmp_path: Path) -> None:
    network, examples, labels, tuning = prepared(network_folder, tmp_path)
    limited = tuning.model_copy(update={"max_seconds": 0.001})
    batches = Batches(examples, labels, limited)
    result = Trainer(network.tuner(limited), batches, limited, None, Stage("training", 1)).train()
    assert len(result.curve) == 1
    assert result.stopped == TimeLimit(seconds=0.001)
    assert result.score is None


class GivenLosses:
    """A training whose losses are given; what it trains is a single number."""

    trained_parameters = 1

    def __init__(self, losses: list[float], killed_at: int = 0) -> None:
        self.losses, self.killed_at, self.updates = losses, killed_at, 0

    def prepare(self, batch: Any) -> Any:
        return batch

    def update(self, prepared: Any, labels: Any, weights: Any, schedule_factor: Any) -> Any:
        self.updates += 1
        if self.updates == self.killed_at:
            signal.raise_signal(signal.SIGTERM)
        return np.float32(self.losses[self.updates - 1])

    def variables(self) -> Any:
        return {"updates": np.array(self.updates)}

    def assign(self, variables: Any) -> None:
        self.updates = int(variables["updates"])

    state_dict, load_state_dict = variables, assign


def trained(
    losses: list[float],
    network_folder: Any,
    tmp_path: Path,
    validate: Any = None,
    epochs: int = 4,
    checkpoints: Any = None,
    max_updates: int = 0,
    batch_size: int = 64,
    killed_at: int = 0,
) -> Any:
    """A training of one update an epoch."""
    _, examples, labels, tuning = prepared(network_folder, tmp_path)
    training = tuning.training.model_copy(update={"epochs": epochs, "batch_size": batch_size})
    tuner, tuning = GivenLosses(losses, killed_at), tuning.model_copy(update={"training": training})
    batches, stage = Batches(examples, labels, tuning), Stage("training", 1)
    return tuner, Trainer(tuner, batches, tuning, validate, stage, checkpoints, max_updates=max_updates).train()


def attempt(losses: list[float], scores: list[float], network_folder: Any, tmp_path: Path, **options: Any) -> Any:
    """A process of a training with checkpoints, which has only the scores that are to come."""
    validations = iter([(score, 1.0) for score in scores])
    with closing(CheckpointManager(str(tmp_path / "kept"), tmp_path, seconds=3600.0)) as checkpoints:
        return trained(
            losses, network_folder, tmp_path, lambda advance: next(validations), checkpoints=checkpoints, **options
        )


def test_a_loss_that_is_no_number_ends_training_at_the_best_weights(network_folder: Any, tmp_path: Path) -> None:
    scores = iter([(0.5, 1.0), (0.7, 1.0)])
    tuner, result = trained([1.0, np.nan, 1.0, 1.0], network_folder, tmp_path, lambda advance: next(scores))
    assert result.stopped == Diverged(updates=2)
    assert (result.score, tuner.updates) == (0.7, 1)
    with pytest.raises(InputError, match="diverged"):
        trained([1.0, np.inf, 1.0, 1.0], network_folder, tmp_path)


def test_without_a_validation_split_a_loss_that_rises_leaves_the_fitted_head(
    network_folder: Any, tmp_path: Path
) -> None:
    tuner, result = trained([1.0, 30.0, 20.0, 9.0], network_folder, tmp_path)
    assert result.stopped == LossRose(first_loss=1.0, last_loss=9.0)
    assert tuner.updates == 0
    tuner, result = trained([1.0, 3.0, 0.5, 0.2], network_folder, tmp_path)
    assert (result.stopped, tuner.updates) == (Completed(epochs=4), 4)


def test_early_stopping_waits_for_the_falling_half(network_folder: Any, tmp_path: Path) -> None:
    scores = iter([(0.9, 1.0)] + [(0.1, 1.0)] * 30)
    tuner, result = trained([1.0] * 30, network_folder, tmp_path, lambda advance: next(scores), epochs=30)
    assert result.curve[-1].epoch == 15
    assert result.stopped == NoImprovement(patience=8)
    assert (result.score, tuner.updates) == (0.9, 0)


@pytest.mark.parametrize("pause", [1, 3])
def test_a_training_paused_after_an_epoch_continues_from_there(network_folder: Any, tmp_path: Path, pause: int) -> None:
    losses, scores = [4.0, 3.0, 2.0, 1.0], [0.5, 0.4, 0.7, 0.6, 0.3]
    tuner, first = attempt(losses, scores, network_folder, tmp_path, max_updates=pause)
    assert (first.stopped, first.updates, tuner.updates, first.initial_score) == (None, pause, pause, 0.5)
    assert first.score == max(scores[: pause + 1])
    tuner, rest = attempt(losses, scores[pause + 1 :], network_folder, tmp_path)
    assert (rest.stopped, rest.updates, rest.resumed) == (Completed(epochs=4), 4, (pause,))
    assert (rest.initial_score, rest.score, tuner.updates) == (0.5, 0.7, 2)
    assert [epoch.score for epoch in rest.curve] == scores[1:]
    assert [epoch.learning_rate for epoch in rest.curve[:pause]] == [epoch.learning_rate for epoch in first.curve]
    assert rest.seconds > rest.earlier_seconds >= first.curve[-1].seconds
    assert rest.paused_at == first.paused_at == first.curve[-1]


def test_a_pause_within_an_epoch_is_evaluated_and_changes_nothing(network_folder: Any, tmp_path: Path) -> None:
    """With two updates an epoch, the evaluation between them does not count as one of the training's own."""
    losses, options = [4.0, 3.0, 2.0, 1.0], {"epochs": 2, "batch_size": 32}
    tuner, first = attempt(losses, [0.5, 0.9], network_folder, tmp_path, max_updates=1, **options)
    assert (first.stopped, first.updates, tuner.updates, first.curve, first.score) == (None, 1, 1, (), 0.5)
    pause = first.paused_at
    assert (pause.epoch, pause.updates, pause.loss, pause.score) == (0.5, 1, 4.0, 0.9)
    tuner, rest = attempt(losses, [0.4, 0.7], network_folder, tmp_path, **options)
    assert (rest.stopped, rest.resumed, rest.score, rest.paused_at) == (Completed(epochs=2), (1,), 0.7, pause)
    assert [(each.updates, each.loss, each.score) for each in rest.curve] == [(2, 3.5, 0.4), (4, 1.5, 0.7)]


@pytest.mark.parametrize("loss", [1.0, np.nan])
@pytest.mark.parametrize("max_updates", [0, 4])
def test_a_training_killed_before_its_last_evaluation_still_ends(
    network_folder: Any, tmp_path: Path, max_updates: int, loss: Any
) -> None:
    """This holds for a training, and for a pilot that reaches the same update."""
    losses = [4.0, 3.0, 2.0, loss]
    with pytest.raises(SystemExit):
        attempt(losses, [0.5, 0.4, 0.9, 0.6], network_folder, tmp_path, max_updates=max_updates, killed_at=4)
    tuner, rest = attempt(losses, [0.7], network_folder, tmp_path, max_updates=max_updates)
    finite = bool(np.isfinite(loss))
    assert rest.stopped == (Completed(epochs=4) if finite else Diverged(updates=4))
    assert (rest.score, tuner.updates, rest.resumed, rest.paused_at) == (0.9, 2, (4,), None)
    assert [each.score for each in rest.curve] == [0.4, 0.9, 0.6, 0.7][: 3 + finite]


def test_a_training_that_ends_before_its_pause_has_ended(network_folder: Any, tmp_path: Path) -> None:
    scores = iter([(0.5, 1.0), (0.7, 1.0)])
    _, result = trained([1.0, np.nan, 1.0, 1.0], network_folder, tmp_path, lambda advance: next(scores), max_updates=3)
    assert result.stopped == Diverged(updates=2)
    tuner, result = trained([1.0, 1.0, 1.0, 1.0], network_folder, tmp_path, max_updates=4)
    assert (result.stopped, tuner.updates) == (Completed(epochs=4), 4)
