"""The screen that a run ends with, drawn from the results of a real run."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from thaw.cli import summary
from thaw.cli.leaderboard import leaderboard
from thaw.cli.profile_summary import show_profile
from thaw.cli.terminal import console
from thaw.records import Decision, Evaluation, Leaderboard, Outcome, Runs
from thaw.report import wording

FILES = Path(__file__).parents[1] / "files_v1"


@pytest.fixture
def output(tmp_path: Path) -> Path:
    for file in FILES.glob("mnist-*.json"):
        shutil.copy(file, tmp_path / file.name.removeprefix("mnist-"))
    return tmp_path


def drawn(show: object, screen: Console) -> list[list[str]]:
    """Words of each line of a renderable."""
    screen.print(show)
    assert isinstance(screen.file, io.StringIO)
    return [line.split() for line in screen.file.getvalue().splitlines()]


def test_every_candidate_has_a_row_and_the_chosen_one_a_mark(output: Path) -> None:
    decision = Decision.read(output / "decision.json")
    _, *rows = drawn(summary.candidates(decision), console(io.StringIO()))
    assert [row[0] for row in rows if row[0] == "▸"] == ["▸"]
    assert next(row[1] for row in rows if row[0] == "▸") == decision.strategy
    scores = {row[row[0] == "▸"]: row[1 + (row[0] == "▸")] for row in rows}
    assert scores == {each.strategy: f"{each.score:.1%}" for each in decision.candidates}


def test_the_model_stands_beside_every_rival(output: Path) -> None:
    evaluation = Evaluation.read(output / "evaluation.json")
    first, *rows = drawn(summary.accuracies(evaluation), console(io.StringIO()))
    assert first[:3] == ["this", "model", f"{evaluation.accuracy:.1%}"]
    assert len(rows) == len(evaluation.baselines) + (evaluation.champion is not None)


@pytest.mark.parametrize("width", [40, 80, 200])
def test_everything_is_said_at_any_width_and_no_address_is_broken(output: Path, width: int) -> None:
    outcome = Outcome.read(output / "outcome.json").model_copy(update={"output": str(output)})
    screen = console(io.StringIO())
    screen.width = width
    show_profile(str(output), screen)
    summary.show(outcome, "data (flags)", screen)
    assert isinstance(screen.file, io.StringIO)
    text = screen.file.getvalue()
    assert str(output / "report.html") in text
    assert "data (flags)" in text
    words = " ".join(text.replace("·", " ").split())
    for rule in Evaluation.read(output / "evaluation.json").gate:
        assert " ".join(wording.sentence(rule).split()) in words


def test_the_leaderboard_goes_from_the_best_mean_down() -> None:
    def runs(*scores: float, counted_as: str = "") -> Runs:
        return Runs(scores=scores, seconds=(2.0, 4.0), predicted=0.8, low=0.7, high=0.9, counted_as=counted_as)

    board = Leaderboard.model_construct(
        strategies={"frozen": runs(0.7, 0.8), "lora": runs(0.9, 0.9, counted_as="full"), "full": runs(0.9, 0.9)},
        chosen="frozen",
        metric="accuracy",
        test_rows=100,
    )
    _, *rows = drawn(leaderboard(board), console(io.StringIO()))
    assert [row[row[0] == "▸"] for row in rows] == ["full", "lora", "frozen"]
    assert rows[0] == ["full", "90.0%", "90.0", "90.0", "3", "s", "80.0%", "(70.0–90.0%)"]
    assert rows[1][:4] == ["lora", "counted", "as", "full"]
