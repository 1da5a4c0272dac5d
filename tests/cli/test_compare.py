"""`thaw compare` as a person runs it: every strategy for real, on tiny networks and few rows."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.networks import tiny
from tests.networks.keras import tiny_vision
from thaw.records import Decision, Evaluation, Leaderboard, Training

SECONDS = 580
"""Two processes a run that import a framework: a minute on two idle cores, several where they are busy."""


def _compare(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "thaw.cli.main", "compare", *map(str, arguments), "--output", "out"]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, timeout=SECONDS)


def _compared(folder: Path, done: subprocess.CompletedProcess[str]) -> Leaderboard:
    """The leaderboard, checked against the results of the runs that it is made of."""
    output = folder / "out"
    assert (done.returncode, done.stderr) == (0, ""), (output / "run.log").read_text()[-3000:]
    board = Leaderboard.read(output / "comparison.json")
    decision = Decision.read(output / "decision.json")
    assert (board.chosen, decision.forced) == (decision.strategy, False)
    means = {name: sum(runs.scores) / len(runs.scores) for name, runs in board.strategies.items()}
    assert board.regret == pytest.approx(max(means.values()) - means[board.chosen])
    assert means[board.best] == max(means.values())
    run = {name: runs for name, runs in board.strategies.items() if not runs.counted_as}
    assert {path.name for path in (output / "runs").iterdir()} == {f"{name}-{k}" for name in run for k in board.seeds}
    for name, runs in run.items():
        for seed, score, seconds in zip(board.seeds, runs.scores, runs.seconds, strict=True):
            place = output / "runs" / f"{name}-{seed}"
            assert Evaluation.read(place / "evaluation.json").intervals[board.metric].value == score
            training = Training.read(place / "training.json")
            assert (training.strategy, training.plan.seed, training.seconds) == (name, seed, seconds)
            assert Decision.read(place / "decision.json").forced
        expected = next(each for each in decision.candidates if each.strategy == name)
        assert (runs.predicted, runs.low, runs.high) == (expected.score, expected.low, expected.high)
    assert "</html>" in (output / "comparison.html").read_text()
    assert f"{100 * board.regret:.1f} points" in done.stdout
    assert not (output / "model").exists(), "nothing is kept of a comparison but what it found"
    return board


@pytest.mark.timeout(600)
def test_every_strategy_is_run_and_the_regret_is_told(tmp_path: Path) -> None:
    texts, labels = tiny.texts(120)
    rows = "".join(f"{text} {row},{label}\n" for row, (text, label) in enumerate(zip(texts, labels, strict=True)))
    (tmp_path / "reviews.csv").write_text(f"text,label\n{rows}")
    network = tiny.text_folder(tmp_path / "bert", layers=2)
    done = _compare(tmp_path, "--data", "reviews.csv", "--model", network, "--seeds", "1")
    board = _compared(tmp_path, done)
    assert set(board.strategies) == {"frozen", "partial", "lora", "full"}
    assert not any(runs.counted_as for runs in board.strategies.values())
    for name in board.strategies:
        assert f"✓ {name}, seed 0" in done.stdout


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_convolutional_network_with_two_seeds(tmp_path: Path, image_folder: Callable[..., Path]) -> None:
    network = tiny_vision.plain_folder(tmp_path / "net", tiny_vision.backbone("mobilenet"))
    data = image_folder(classes=2, rows=30)
    board = _compared(tmp_path, _compare(tmp_path, "--data", data, "--model", network, "--seeds", "2"))
    assert board.seeds == (0, 1)
    assert board.strategies["lora"] == board.strategies["full"].model_copy(update={"counted_as": "full"})


@pytest.mark.parametrize("seeds", ["0", "-1", "three"])
def test_a_wrong_number_of_seeds_is_one_line(tmp_path: Path, seeds: str) -> None:
    done = _compare(tmp_path, "--data", "x.csv", f"--seeds={seeds}")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert seeds in done.stderr
