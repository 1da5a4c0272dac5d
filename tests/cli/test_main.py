"""The command line's own part: what it asks of the pipeline, what it refuses at once, how fast it answers."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from thaw.cli import defaults
from thaw.cli.main import main


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
        (["run", "--data", "x", "--seed", "\x1b[2J"], "\\x1b[2J"),
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


@pytest.mark.parametrize(("option", "seconds"), [("--help", 0.4), ("run --help", 0.8)])
def test_help_comes_at_once(option: str, seconds: float) -> None:
    """Measured in seconds of the processor, which do not depend on what else runs here."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-m", "thaw.cli.main", *option.split()], capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < seconds
    assert done.returncode == 0
    assert "Exit codes" in done.stdout


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
