"""A run's options from flags, environment and file together, as the command line reads them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from thaw.cli.main import main
from thaw.cli.parser import parser
from thaw.cli.resolve_options import resolve_options
from thaw.runtime.option_sources import ResolvedOptions


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("THAW_"):
            monkeypatch.delenv(name)


def given(*arguments: str, pipeline: str = "adaptive") -> ResolvedOptions:
    return resolve_options(parser().parse_args(arguments), pipeline)


def test_what_nothing_is_said_about_is_left_to_the_pipeline() -> None:
    assert given("submit", "--data", "gs://b/d", "--seed", "0", "--no-augment").values == {
        "data": "gs://b/d",
        "seed": 0,
        "augment": False,
    }


def test_a_flag_comes_before_the_environment_before_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "job.yaml"
    file.write_text("data: file.csv\nseed: 1\nhead: dense\naugment: true\nmax_seconds: 60\n")
    monkeypatch.setenv("THAW_SEED", "2")
    monkeypatch.setenv("THAW_HEAD", "linear")
    options = given("run", "--config", str(file), "--seed", "3", "--no-augment")
    assert options.values == {"data": "file.csv", "seed": 3, "head": "linear", "augment": False, "max_seconds": 60.0}
    assert options.sources == {
        "data": "job.yaml",
        "max_seconds": "job.yaml",
        "head": "environment",
        "seed": "flags",
        "augment": "flags",
    }


@pytest.mark.parametrize(
    ("pipeline", "arguments", "output"),
    [
        ("adaptive", ("run",), "gs://runs/flowers"),
        ("adaptive", ("run", "--name", "mine"), "gs://runs/mine"),
        ("compare", ("compare",), "gs://runs/flowers-compare"),
        ("adaptive", ("run", "--output", "here"), "here"),
    ],
)
def test_the_shared_output_has_a_folder_for_each_run(
    pipeline: str, arguments: tuple[str, ...], output: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THAW_OUTPUT", "gs://runs")
    assert given(*arguments, "--data", "flowers.zip", pipeline=pipeline).values["output"] == output


FILES = {
    "seed: one": "seed in job.yaml",
    "seed: -1": "seed in job.yaml",
    "seed: yes": "seed in job.yaml",
    "strategy: freeze": "strategy in job.yaml",
    "augment: maybe": "augment in job.yaml",
    "sede: 1": "'seed'",
    "train-from: block4": "'train_from'",
    "- seed": "job.yaml",
    "seed: [": "job.yaml",
}


@pytest.mark.parametrize("command", ["run", "profile", "compare", "submit"])
@pytest.mark.parametrize("content", FILES)
def test_a_wrong_file_is_one_line(
    content: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("job.yaml").write_text(content)
    assert main([command, "--data", "d.csv", "--config", "job.yaml"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert FILES[content] in error


@pytest.mark.parametrize(("name", "value"), [("THAW_SEED", "one"), ("THAW_HEAD", "deep"), ("THAW_MAX_SECONDS", "inf")])
def test_a_wrong_variable_is_one_line_that_names_it(
    name: str, value: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    assert main(["run", "--data", "d.csv"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert name in error


@pytest.mark.parametrize(
    "content",
    [
        'data: "a\\0b"',
        f"data: {'x' * 9000}",
        "data: 2026-99-99",
        "data: " + "[" * 5000,
        'model: "\\ud800"',
    ],
    ids=["NUL", "too long", "no date", "too deep", "no character"],
)
def test_a_text_that_no_path_can_be_is_one_line(
    content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("job.yaml").write_text(content)
    assert main(["run", "--data", "d.csv", "--config", "job.yaml"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_name_that_is_not_in_utf_8_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--data", "caf\udce9.csv"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "caf\\udce9.csv" in error


def test_a_file_that_is_not_there_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--data", "d.csv", "--config", "nowhere.yaml"]) == 2
    assert "nowhere.yaml" in capsys.readouterr().err
