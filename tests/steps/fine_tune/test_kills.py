"""SIGKILL, and after it the same bits."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.networks.keras import tiny_vision
from tests.steps.fine_tune import kills
from thaw.records import Dataset
from thaw.steps.ingest import step as ingest


@pytest.fixture(scope="module")
def text_job(texts: Dataset, tiny_text_model: Path) -> kills.Job:
    return kills.Job(texts, tiny_text_model, cut=1, epochs=30)


@pytest.fixture(scope="module")
def image_job(image_folder: Callable[..., Path], store: str, tmp_path_factory: pytest.TempPathFactory) -> kills.Job:
    data: Dataset = ingest.run(str(image_folder(2, 60)), store, tmp_path_factory.mktemp("ingest"))
    folder = tiny_vision.plain_folder(tmp_path_factory.mktemp("vit"), tiny_vision.backbone("vit"))
    return kills.Job(data, folder, cut=1, epochs=30)


def test_text_survives_three_kills(text_job: kills.Job, tmp_path: Path) -> None:
    kills.survives(text_job, tmp_path, 3, interval=0.3, longest=1.0)


def test_images_survive_three_kills(image_job: kills.Job, tmp_path: Path) -> None:
    kills.survives(image_job, tmp_path, 3, interval=0.3, longest=1.0)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("job", ["text_job", "image_job"])
def test_twenty_kills(job: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    given = request.getfixturevalue(job)
    longer = kills.Job(given.dataset, given.model, given.cut, epochs=200)
    kills.survives(longer, tmp_path, 20, interval=0.3, longest=1.0)


def test_sigterm_leaves_a_checkpoint_of_that_very_step(text_job: kills.Job, tmp_path: Path) -> None:
    store = tmp_path / "store"
    process = kills.started(text_job, str(store), tmp_path / "run", 3600.0)
    while kills.holder(store).get("pid") != process.pid:
        time.sleep(0.02)
    time.sleep(0.5)
    os.kill(process.pid, signal.SIGTERM)
    process.join(20)
    assert process.exitcode == 143
    assert not kills.holder(store)
    training = kills.finished(kills.started(text_job, str(store), tmp_path / "run", 3600.0), tmp_path / "run")
    assert len(training.resumed) == 1
    assert 0 < training.resumed[0] < training.updates


def test_a_finished_training_is_not_repeated(text_job: kills.Job, tmp_path: Path) -> None:
    store = str(tmp_path / "store")
    short = kills.Job(text_job.dataset, text_job.model, text_job.cut, epochs=2)
    first = kills.finished(kills.started(short, store, tmp_path / "a", 3600.0), tmp_path / "a")
    second = kills.finished(kills.started(short, store, tmp_path / "b", 3600.0), tmp_path / "b")
    assert first.resumed == ()
    assert second.resumed == (first.updates,)
    assert second.seconds > first.stages["training"]
    assert kills.weights(tmp_path / "a") == kills.weights(tmp_path / "b")
