"""`thaw` as a person runs it: real processes, tiny data, networks of few random weights."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.networks import tiny
from tests.networks.keras import tiny_vision
from thaw.records import Dataset

RESULTS = {"profile.json", "decision.json", "training.json", "evaluation.json", "release.json", "model", "report.html"}

Thaw = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def thaw(tmp_path: Path) -> Thaw:
    """Runs the command line in an empty folder with a cache of its own."""

    def act(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "thaw.cli.main", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=280)

    return act


@pytest.fixture(scope="session")
def text_network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.text_folder(tmp_path_factory.mktemp("network") / "bert")


@pytest.fixture(scope="session")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """240 texts of two classes that a bag of words tells apart."""
    path = tmp_path_factory.mktemp("data") / "reviews.csv"
    texts, labels = tiny.texts(240)
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("text", "label"))
        rows.writerows(zip((f"{text} {row}" for row, text in enumerate(texts)), labels, strict=True))
    return path


def _json(path: Path) -> dict:
    return dict(json.loads(path.read_text()))


def _complete(output: Path, strategy: str) -> None:
    """Every file of a finished run is there, and they are of one run."""
    released = (output / "release.json").exists()
    assert RESULTS - {path.name for path in output.iterdir()} <= (set() if released else {"release.json"})
    assert _json(output / "training.json")["strategy"] == _json(output / "decision.json")["strategy"] == strategy
    assert _json(output / "evaluation.json")["passed"] == released
    assert _json(output / "outcome.json")["status"] == ("succeeded" if released else "refused")
    assert not (output / "error.json").exists()
    assert "</html>" in (output / "report.html").read_text()
    assert (output / "model" / "classes.json").exists()


@pytest.mark.parametrize(
    "strategy", ["lora", *(pytest.param(name, marks=pytest.mark.slow) for name in ("frozen", "partial", "full"))]
)
def test_a_table_of_texts_becomes_a_model(
    thaw: Thaw, reviews: Path, text_network: Path, tmp_path: Path, strategy: str
) -> None:
    output = tmp_path / "out"
    done = thaw("run", "--data", reviews, "--model", text_network, "--strategy", strategy, "--output", output)
    assert (done.returncode, done.stderr) in ((0, ""), (3, "")), (output / "run.log").read_text()[-3000:]
    _complete(output, strategy)
    decision = _json(output / "decision.json")
    assert decision["forced"]
    assert {candidate["strategy"] for candidate in decision["candidates"]} >= {"frozen", strategy}
    evaluation = _json(output / "evaluation.json")
    assert f"{evaluation['accuracy']:.1%}" in done.stdout
    for word in ("Profile", "Candidates", "Choice", "Test", "majority", "Gate", str(output / "report.html")):
        assert word in done.stdout
    if done.returncode == 0:
        name = _json(output / "registry" / "models" / "reviews" / "current.json")["name"]
        assert name == "reviews", "the model is named after its data, and its registry lies in the output"


@pytest.mark.slow
def test_the_choice_is_made_and_told(thaw: Thaw, reviews: Path, text_network: Path, tmp_path: Path) -> None:
    done = thaw("run", "--data", reviews, "--model", text_network, "--output", "out", "--name", "mine", "--seed", "3")
    assert done.returncode in (0, 3), (tmp_path / "out" / "run.log").read_text()[-3000:]
    decision = _json(tmp_path / "out" / "decision.json")
    _complete(tmp_path / "out", decision["strategy"])
    assert not decision["forced"]
    assert decision["reasons"]
    assert decision["plan"]["seed"] == 3


def test_an_unreadable_image_is_set_aside_and_the_run_goes_on(
    thaw: Thaw, image_folder: Callable[..., Path], tmp_path: Path
) -> None:
    data = image_folder(classes=2, rows=30)
    (data / "class0" / "broken.png").write_bytes(b"no image")
    network = tiny_vision.plain_folder(tmp_path / "net", tiny_vision.backbone("mobilenet"))
    done = thaw(
        "run", "--data", data, "--model", network, "--strategy", "frozen", "--output", "out", "--name", "stripes"
    )
    output = tmp_path / "out"
    assert done.returncode in (0, 3), done.stderr + (output / "run.log").read_text()[-3000:]
    _complete(output, "frozen")
    assert _json(output / "profile.json")["rejected"] == 1
    assert "1 rows set aside" in done.stdout


def test_somebody_elses_project_is_left_as_it_is(thaw: Thaw, reviews: Path, text_network: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "runs").mkdir(parents=True)
    files = {"runs/mine": "1", "report.html": "2", "code.py": "3"}
    for name, content in files.items():
        (project / name).write_text(content)
    _refused(thaw("run", "--data", reviews, "--model", text_network, "--output", project), "--output")
    assert {str(each.relative_to(project)): each.read_text() for each in project.rglob("*") if each.is_file()} == files


def test_a_second_run_in_the_same_output_is_refused(
    thaw: Thaw, reviews: Path, text_network: Path, tmp_path: Path
) -> None:
    """The first one is a real run, killed for good afterwards: the next then goes on at once."""
    command = [sys.executable, "-m", "thaw.cli.main", "profile", "--data", str(reviews), "--model", str(text_network)]
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1"}
    first = subprocess.Popen([*command, "--output", "out"], cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL)
    try:
        while not (tmp_path / "out" / "run.log").exists():
            assert first.poll() is None
            time.sleep(0.02)
        _refused(thaw("profile", "--data", reviews, "--model", text_network, "--output", "out"), "another run")
    finally:
        first.kill()
        first.wait()
    done = thaw("profile", "--data", reviews, "--model", text_network, "--output", "out")
    assert done.returncode == 0, done.stderr


def test_the_profile_alone_trains_nothing(thaw: Thaw, reviews: Path, text_network: Path, tmp_path: Path) -> None:
    done = thaw("profile", "--data", reviews, "--model", text_network, "--output", "out")
    assert done.returncode == 0, done.stderr + (tmp_path / "out" / "run.log").read_text()[-3000:]
    files = {path.name for path in (tmp_path / "out").glob("[!.]*")}
    assert files == {"dataset.json", "profile.json", "run.log", "suspects.parquet"}
    assert "240 rows" in done.stdout


def _one_class(folder: Path) -> Path:
    return _table(folder, "text,label\n" + "".join(f"words {row},same\n" for row in range(20)))


def _class_of_two(folder: Path) -> Path:
    rows = "".join(f"words {row},{'ab'[row % 2]}\n" for row in range(20))
    return _table(folder, f"text,label\n{rows}rare one,c\nrare two,c\n")


def _no_label(folder: Path) -> Path:
    return _table(folder, "text,stars\n" + "".join(f"words {row} here,{row}.5\n" for row in range(20)))


def _table(folder: Path, content: str) -> Path:
    (folder / "data.csv").write_text(content)
    return folder / "data.csv"


def _mixed(folder: Path) -> Path:
    from PIL import Image

    data = folder / "mixed"
    for name in ("a", "b"):
        (data / name).mkdir(parents=True)
        for row in range(4):
            Image.fromarray(np.full((8, 8, 3), row, np.uint8)).save(data / name / f"{row}.png")
    _one_class(data)
    return data


def _empty(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda folder: folder / "nowhere.csv", "nowhere.csv"),
        (_empty, "empty"),
        (_one_class, "same"),
        (_class_of_two, "'c'"),
        (_no_label, "label"),
        (_mixed, "mixed"),
    ],
    ids=["no such path", "empty folder", "one class", "a class of two rows", "no label column", "images and tables"],
)
def test_data_that_cannot_be_used(thaw: Thaw, tmp_path: Path, make: Callable[[Path], Path], word: str) -> None:
    done = thaw("run", "--data", make(tmp_path), "--output", "out")
    _refused(done, word)
    assert {path.name for path in (tmp_path / "out").glob("[!.]*")} - {"registry"} == {
        "error.json",
        "outcome.json",
        "run.log",
    }


def _refused(done: subprocess.CompletedProcess[str], word: str) -> None:
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("thaw: ")
    assert done.stderr.count("\n") == 1
    assert word in done.stderr


def test_lora_on_a_network_without_linear_layers(thaw: Thaw, image_folder: Callable[..., Path], tmp_path: Path) -> None:
    network = tiny_vision.plain_folder(tmp_path / "net", tiny_vision.backbone("mobilenet"))
    _refused(thaw("run", "--data", image_folder(), "--model", network, "--strategy", "lora"), "lora")


def test_an_output_that_cannot_be_written(thaw: Thaw, reviews: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    _refused(thaw("run", "--data", reviews, "--output", tmp_path / "file"), "file")


@pytest.mark.parametrize("flag", ["--model", "--data"])
def test_what_a_run_reads_may_not_lie_where_results_are_cleared_away(
    thaw: Thaw, reviews: Path, text_network: Path, tmp_path: Path, flag: str
) -> None:
    (tmp_path / "model").mkdir()
    given = {"--data": reviews, "--model": text_network} | {flag: tmp_path / "model"}
    _refused(thaw("run", *(part for pair in given.items() for part in pair), "--output", tmp_path), "--output")
    assert (tmp_path / "model").exists()


def test_a_refused_input_costs_no_earlier_result_and_an_unknown_network_leaves_none_beside_its_own(
    thaw: Thaw, reviews: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    output.mkdir()
    for name in (".thaw-run.json", "decision.json", "evaluation.json", "outcome.json"):
        (output / name).write_text("{}")
    assert thaw("run", "--data", "nowhere.csv", "--output", output).returncode == 2
    assert (output / "evaluation.json").read_text() == "{}"
    assert _json(output / "outcome.json")["error_step"] == "ingest"
    done = thaw("run", "--data", reviews, "--model", "brt-base-uncased", "--output", output)
    _refused(done, "brt-base-uncased")
    assert "gs://" in done.stderr, "the ways without a hub are named"
    assert not (output / "evaluation.json").exists()
    assert not (output / "decision.json").exists()
    assert Dataset.read(output / "dataset.json").rows("train")
