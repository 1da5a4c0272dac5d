"""The command line's own part: what it asks of the pipeline, what it refuses at once, how fast it answers."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from pathlib import Path

import pytest

from thaw.cli import commands, defaults, summary
from thaw.cli.main import main, parser
from thaw.cli.terminal import Terminal


def _refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert shown.err.startswith("thaw: ")
    return shown.err


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ([], "COMMAND"),
        (["run"], "--data"),
        (["run", "--data", "x", "--strategy", "freeze"], "'frozen'"),
        (["run", "--data", "x", "--head", "deep"], "'dense'"),
        (["run", "--data", "x", "--prefer", "speed"], "'accuracy'"),
        (["run", "--data", "x", "--seed", "one"], "--seed"),
        (["run", "--data", "x", "--max-seconds", "-1"], "--max-seconds"),
        (["run", "--data", "x", "--max-seconds", "nan"], "--max-seconds"),
        (["example", "cifar"], "'movie'"),
        (["submit", "--data", "x", "--set", "lora_accelerator_count"], "PARAMETER=VALUE"),
        (["submit", "--data", "x", "--set", "lora_tolerations=[{]"], "no JSON"),
    ],
)
def test_wrong_arguments_are_one_line_that_says_what_to_change(
    arguments: list[str], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert word in _refused(arguments, capsys)


@pytest.mark.parametrize("place", ["output", "store", "registry"])
def test_nothing_is_started_that_cannot_write(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    error = _refused(["run", "--data", "x.csv", "--store", "s", f"--{place}", str(tmp_path / "file")], capsys)
    assert str(tmp_path / "file") in error


@pytest.mark.parametrize("option", ["--help", "run --help"])
def test_help_comes_at_once(option: str) -> None:
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "thaw.cli.main", *option.split()], capture_output=True, text=True)
    assert time.monotonic() - started < 1.5
    assert done.returncode == 0
    assert "exit codes" in done.stdout


def test_the_command_line_loads_nothing_heavy() -> None:
    code = "import sys, thaw.cli.main; print(*(set(sys.modules) & {'kfp', 'numpy', 'pydantic', 'torch', 'keras'}))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == ""


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("reviews.csv", "reviews"),
        ("/data/Movie Reviews.tar.gz", "movie-reviews"),
        ("gs://bucket/flowers/", "flowers"),
        ("v1.2.jsonl", "v1.2"),
        ("../..", "model"),
        (f"{'x' * 80}.csv", "x" * 63),
    ],
)
def test_a_model_is_named_after_its_data(data: str, name: str) -> None:
    assert defaults.name_of(data) == name


def test_only_what_was_asked_for_is_handed_on() -> None:
    given = parser().parse_args(["submit", "--data", "gs://b/d", "--seed", "0", "--train-from", "block4"])
    assert commands._asked(given, commands.JOB + commands.PLACES) == {
        "data": "gs://b/d",
        "seed": 0,
        "train_from": "block4",
    }


def test_other_parameters_are_text_unless_they_are_objects_or_lists() -> None:
    assert commands._assignment("lora_accelerator_count=2") == ("lora_accelerator_count", "2")
    assert commands._assignment('full_node_selector={"pool": "a"}') == ("full_node_selector", {"pool": "a"})
    assert commands._assignment("webhook=https://x/?a=b") == ("webhook", "https://x/?a=b")


def test_paragraphs_are_wrapped_and_carry_no_colour_outside_a_terminal() -> None:
    terminal = Terminal(io.StringIO())
    lines = terminal.wrapped("word " * 60, indent=14, first="· ")
    assert max(map(len, lines)) <= 100
    assert lines[0].startswith(" " * 12 + "· word")
    assert terminal.bold("x") == "x"


def test_a_few_of_many_depths_are_shown_the_last_among_them() -> None:
    assert summary._spread(tuple(range(13))) == [0, 4, 8, 12]
    assert summary._spread((1, 2)) == [1, 2]
    assert summary._spread((1,)) == [1]
