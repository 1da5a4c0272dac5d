"""What a pilot promises: its numbers are the training's own, and its updates are not run twice."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.networks.keras import tiny_vision
from tests.steps.choose.piloting import Job, images, killed, piloted, plan_of, tune, tuned
from tests.steps.fine_tune import kills
from thaw import storage
from thaw.metrics import scores
from thaw.records import Dataset, Training
from thaw.steps.choose.costs import EARLY_STOPPING_SHARE
from thaw.steps.choose.pilot import PILOT_UPDATES, pilot_fractions
from thaw.steps.ingest import step as ingest
from thaw.training.checkpoint_manager import load_newest
from thaw.training.initial_head import fit_and_attach_head
from thaw.training.inputs import load_inputs
from thaw.training.timer import StageTimer


@pytest.fixture(scope="module")
def text_job(texts: Dataset, tiny_text_model: Path) -> Job:
    return Job(texts, tiny_text_model, rate=3e-3)


@pytest.fixture(scope="module")
def lora_job(texts: Dataset, tiny_text_model: Path) -> Job:
    return Job(texts, tiny_text_model, rate=1e-5, lora=True)


@pytest.fixture(scope="module")
def image_job(store: str, tmp_path_factory: pytest.TempPathFactory) -> Job:
    data = ingest.run(str(images(tmp_path_factory.mktemp("images"))), store, tmp_path_factory.mktemp("ingest"))
    folder = tiny_vision.plain_folder(tmp_path_factory.mktemp("vit"), tiny_vision.backbone("vit"))
    return Job(data, folder, rate=1e-4)


@pytest.fixture(scope="module")
def undisturbed(text_job: Job, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("undisturbed")
    return tuned(text_job, plan_of(text_job, folder), str(folder / "store"), folder)


def points(training: Any) -> list[tuple]:
    return [(each.epoch, each.updates, each.learning_rate, each.loss, each.score) for each in training.curve]


def best(folder: str, scratch: Path) -> bytes:
    """The best weights so far."""
    moment = load_newest(folder, scratch)
    return b"".join(array.tobytes() for name, array in sorted(moment.arrays.items()) if name.startswith("best/"))


def left(folder: str) -> dict[str, bytes]:
    return {name: storage.read(storage.join(folder, name)) for name in storage.listing(folder)}


@pytest.mark.parametrize("name", ["text_job", "lora_job", pytest.param("image_job", marks=pytest.mark.slow)])
def test_the_training_goes_on_as_if_there_had_been_no_pilot(
    name: Any, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    job, store = request.getfixturevalue(name), str(tmp_path / "store")
    plan = plan_of(job, tmp_path)
    expected, bits = tuned(job, plan, str(tmp_path / "empty"), tmp_path / "undisturbed")
    pilot, further = piloted(job, plan, store, tmp_path / "pilot")
    early = best(further.start_from, tmp_path)
    training, found = tuned(job, further, store, tmp_path / "final")
    assert found == bits
    assert points(training) == points(expected)
    if not job.lora:  # adapters under dropout need not beat the fitted head here: the curves alone have moved then
        assert best(further.start_from, tmp_path) != early
    assert training.resumed == (pilot.updates,)
    assert pilot.updates == PILOT_UPDATES < expected.updates
    assert all(each.updates != PILOT_UPDATES for each in expected.curve)
    times = [each.seconds for each in training.curve]
    assert times == sorted(times)
    assert training.seconds > times[-1]
    assert list((tmp_path / "pilot").iterdir()) == []


@pytest.mark.parametrize("after", ["nothing", "the whole training"])
def test_at_the_end_of_an_epoch_its_score_is_the_trainings_own(
    text_job: Job, undisturbed: Any, tmp_path: Path, after: str
) -> None:
    store, plan = str(tmp_path / "store"), plan_of(text_job, tmp_path)
    if after == "the whole training":
        tuned(text_job, plan, store, tmp_path / "before")
    end = undisturbed[0].curve[3]
    pilot, _ = piloted(text_job, plan, store, tmp_path / "pilot", updates=end.updates - (after != "nothing"))
    assert (pilot.updates, pilot.score) == (end.updates, end.score)


def test_the_head_is_scored_on_the_same_rows(text_job: Job, tmp_path: Path) -> None:
    plan = plan_of(text_job, tmp_path)
    inputs = load_inputs(text_job.dataset, plan, tmp_path)
    fit_and_attach_head(inputs, text_job.dataset, str(tmp_path / "store"), StageTimer())
    predicted = inputs.network.logits(inputs.examples().take(inputs.validation)).argmax(1)
    pilot, _ = piloted(text_job, plan, str(tmp_path / "store"), tmp_path / "pilot")
    assert pilot.head_score == scores.accuracy(inputs.rows.labels[inputs.validation], predicted)


def test_with_another_store_the_pilot_is_only_read(text_job: Job, undisturbed: Any, place: str, tmp_path: Path) -> None:
    pilot, further = piloted(text_job, plan_of(text_job, tmp_path), storage.join(place, "one"), tmp_path / "pilot")
    before = left(further.start_from)
    tune(text_job, further, storage.join(place, "other"), tmp_path / "final")
    assert Training.read(tmp_path / "final" / "training.json").resumed == (pilot.updates,)
    assert kills.weights(tmp_path / "final") == undisturbed[1]
    assert left(further.start_from) == before


@pytest.mark.parametrize("damage", ["gone", "torn"])
def test_without_the_pilot_training_begins_anew(text_job: Job, undisturbed: Any, tmp_path: Path, damage: str) -> None:
    _, further = piloted(text_job, plan_of(text_job, tmp_path), str(tmp_path / "one"), tmp_path / "pilot")
    if damage == "gone":
        shutil.rmtree(further.start_from)
    for file in Path(further.start_from).rglob("state.npz"):
        file.write_bytes(b"torn")
    training, bits = tuned(text_job, further, str(tmp_path / "other"), tmp_path / "final")
    assert training.resumed == ()
    assert bits == undisturbed[1]


def test_a_plan_that_was_changed_since_does_not_go_on_from_its_pilot(text_job: Job, tmp_path: Path) -> None:
    store = str(tmp_path / "store")
    _, further = piloted(text_job, plan_of(text_job, tmp_path), store, tmp_path / "pilot")
    training, _ = tuned(text_job, further.model_copy(update={"seed": 4}), store, tmp_path / "final")
    assert training.resumed == ()


def test_a_pilot_that_ended_is_not_repeated(text_job: Job, tmp_path: Path) -> None:
    """It is repeated neither by a retried step, nor by another run after the whole training."""
    store, plan = str(tmp_path / "store"), plan_of(text_job, tmp_path)
    first, further = piloted(text_job, plan, store, tmp_path / "pilot")
    before = left(further.start_from)
    second, again = piloted(text_job, plan, store, tmp_path / "pilot")
    assert left(further.start_from) == before
    tuned(text_job, further, store, tmp_path / "final")
    before = left(further.start_from)
    third, _ = piloted(text_job, plan, store, tmp_path / "pilot")
    assert left(further.start_from) == before
    assert again == further
    for each in (second, third):
        assert each.model_copy(update={"seconds": first.seconds}) == first


@pytest.mark.parametrize("name", ["text_job", pytest.param("image_job", marks=pytest.mark.slow)])
def test_a_killed_pilot_goes_on(name: Any, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    job, store = request.getfixturevalue(name), tmp_path / "store"
    plan = plan_of(job, tmp_path, epochs=40)
    expected, bits = tuned(job, plan, str(tmp_path / "empty"), tmp_path / "undisturbed")
    end = expected.curve[30]
    updates = end.updates
    process = kills.PROCESSES.Process(target=killed, args=(job, plan, str(store), tmp_path / "killed", updates))
    process.start()
    done = kills.kill(process, store, 0.0, 0.1, early=False)
    assert 0 < done < updates
    pilot, further = piloted(job, plan, str(store), tmp_path / "pilot", updates=updates)
    training, found = tuned(job, further, str(store), tmp_path / "final")
    assert training.resumed == (done, pilot.updates)
    assert pilot.score == end.score
    assert found == bits


def test_the_time_limit_covers_the_pilot(text_job: Job, tmp_path: Path) -> None:
    store = str(tmp_path / "store")
    plan = plan_of(text_job, tmp_path).model_copy(update={"max_seconds": 0.001})
    pilot, further = piloted(text_job, plan, store, tmp_path / "pilot")
    training, _ = tuned(text_job, further, store, tmp_path / "final")
    assert pilot.updates == training.updates == 1
    assert pilot.score == training.curve[0].score
    assert training.resumed == (1,)
    assert training.stopped.kind == "time_limit"


def test_a_pilot_that_diverged_left_the_fitted_head(text_job: Job, tmp_path: Path) -> None:
    store, plan = str(tmp_path / "store"), plan_of(text_job, tmp_path, learning_rate=1e38, head_learning_rate=1e38)
    pilot, further = piloted(text_job, plan, store, tmp_path / "pilot")
    assert pilot.score == pilot.head_score
    assert 0 < pilot.updates < PILOT_UPDATES
    again, _ = piloted(text_job, plan, store, tmp_path / "pilot")
    assert again.model_copy(update={"seconds": pilot.seconds}) == pilot
    training, _ = tuned(text_job, further, store, tmp_path / "final")
    assert training.stopped.kind == "diverged"
    assert training.validation_score == pilot.head_score


def test_a_short_training_ends_with_its_pilot(text_job: Job, tmp_path: Path) -> None:
    store, plan = str(tmp_path / "store"), plan_of(text_job, tmp_path, epochs=2)
    pilot, further = piloted(text_job, plan, store, tmp_path / "pilot")
    training, _ = tuned(text_job, further, store, tmp_path / "final")
    assert pilot.updates == training.updates < PILOT_UPDATES
    assert training.stopped.kind in ("completed", "no_improvement")
    assert training.resumed == (pilot.updates,)


def test_only_what_is_trained_and_validated_can_be_piloted(text_job: Job, tmp_path: Path) -> None:
    plan = plan_of(text_job, tmp_path)
    for wrong in ({"training": None}, {"validate_split": False}):
        with pytest.raises(ValueError, match="gradient steps, and a validation split"):
            piloted(text_job, plan.model_copy(update=wrong), str(tmp_path / "store"), tmp_path / "pilot")
    unsplit = text_job.dataset.model_copy(update={"counts": {"train": (60, 60), "validation": (0, 0)}})
    with pytest.raises(ValueError, match="validation split"):
        piloted(replace(text_job, dataset=unsplit), plan, str(tmp_path / "store"), tmp_path / "pilot")


def test_the_fraction_that_a_pilot_takes(text_job: Job, tmp_path: Path) -> None:
    plan = plan_of(text_job, tmp_path)

    def fraction(rows: int, plan: Any = plan) -> float:
        counts = {"train": (rows // 2, rows - rows // 2), "validation": (9, 9)}
        return pilot_fractions(text_job.dataset.model_copy(update={"counts": counts}), {"full": plan})["full"]

    assert [fraction(rows) for rows in (9, 57, 200, 201)] == [1, 50 / 56, 50 / 175, 50 / 182]
    stops = plan.model_copy(update={"training": plan.training.model_copy(update={"patience": 2})})
    assert fraction(200, stops) == pytest.approx(fraction(200) / EARLY_STOPPING_SHARE)
    unvalidated = plan.model_copy(update={"validate_split": False})
    frozen = plan.model_copy(update={"training": None})
    assert pilot_fractions(text_job.dataset, {"full": unvalidated, "frozen": frozen}) == {}


def test_a_training_that_was_not_left_is_evaluated_already(text_job: Job, undisturbed: Any, tmp_path: Path) -> None:
    """A shorter pilot finds the second epoch's evaluation in the store, where a longer one was."""
    store, plan = str(tmp_path / "store"), plan_of(text_job, tmp_path)
    curve = undisturbed[0].curve
    _, further = piloted(text_job, plan, store, tmp_path / "one", updates=curve[3].updates)
    before = left(further.start_from)
    pilot, _ = piloted(text_job, plan, store, tmp_path / "two", updates=20)
    assert (pilot.updates, pilot.score) == (curve[1].updates, curve[1].score)
    assert left(further.start_from) == before
