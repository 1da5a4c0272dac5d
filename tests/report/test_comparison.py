"""The leaderboard as a page."""

from __future__ import annotations

import pytest

from tests.steps.compare import made
from thaw.records import Leaderboard, Strategy
from thaw.report.comparison import page
from thaw.steps.compare import step

SCORES: made.Scores = {"frozen": (0.80, 0.80), "partial": (0.84, 0.86), "full": (0.88, 0.90)}


def board(chosen: Strategy = "partial") -> Leaderboard:
    return step.run(made.decision(chosen, list(SCORES)), *made.runs(SCORES))


@pytest.mark.parametrize("chosen", SCORES)
def test_the_choice_is_marked_and_every_seed_is_drawn_once(chosen: Strategy) -> None:
    document = page(board(chosen))
    assert document.count('<tr class="chosen">') == 1
    assert document.count('<circle class="dot a"') == 2, "two seeds of the chosen strategy"
    assert document.count('<circle class="dot "') == 4, "two of each other, and nothing for what only counts as one"
    assert document.count('<circle class="dot w"') == document.count("whisker w") == 3


def test_the_table_stands_from_the_best_down_and_says_what_only_counts_as_another() -> None:
    document = page(board())
    names = ("<tr><td>Full", "<tr><td>LoRA<small>counted as Full", '<tr class="chosen"><td>Partial', "<tr><td>Frozen")
    places = [document.index(name) for name in names]
    assert places == sorted(places)


def test_the_regret_is_told() -> None:
    assert "4.0 points</div>" in page(board())
    assert "Full was best" in page(board())
    assert "the best of them" in page(board("full"))


def test_one_seed_of_equal_runs_can_be_drawn() -> None:
    scores: made.Scores = {"frozen": (1.0,), "full": (1.0,)}
    document = page(step.run(made.decision("full", list(scores)), *made.runs(scores)))
    assert document.count("<circle") == 4
    assert "nan" not in document
