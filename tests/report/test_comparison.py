"""The leaderboard as a page."""

from __future__ import annotations

import pytest

from tests import factories
from tests.report.parsed import Parsed
from tests.steps.compare import made
from thaw.records import Leaderboard, Strategy
from thaw.report.comparison import page, ranked
from thaw.report.formats import STRATEGY_NAMES
from thaw.steps.compare import step

SCORES: made.Scores = {"frozen": (0.80, 0.80), "partial": (0.84, 0.86), "full": (0.88, 0.90)}


def board(chosen: Strategy = "partial") -> Leaderboard:
    return step.run(factories.decision(chosen, list(SCORES)), *made.runs(SCORES))


@pytest.mark.parametrize("chosen", SCORES)
def test_the_choice_is_marked_and_every_seed_is_drawn_once(chosen: Strategy) -> None:
    parsed = Parsed(page(board(chosen)))
    assert parsed.count("tr", "chosen") == 1
    assert parsed.count("circle", "dot accent") == 2, "two seeds of the chosen strategy"
    assert parsed.count("circle", "dot") == 4, "two of each other, and nothing for what only counts as one"
    assert parsed.count("circle", "dot warm") == parsed.count("line", "whisker warm") == 3


def test_strategies_stand_from_the_best_down_and_one_that_only_counts_as_another_below_it() -> None:
    assert [strategy for strategy, _ in ranked(board())] == ["full", "lora", "partial", "frozen"]
    text = Parsed(page(board())).text
    table = text[text.index("Each seed") :]
    assert [each for each in table if each in STRATEGY_NAMES.values()] == ["Full", "LoRA", "Partial", "Frozen"]
    assert table[table.index("LoRA") + 1] == "counted as Full"


def test_the_regret_stands_on_top() -> None:
    result = board()
    assert f"{100 * result.regret:.1f} points" in Parsed(page(result)).text


def test_one_seed_of_equal_runs_can_be_drawn() -> None:
    scores: made.Scores = {"frozen": (1.0,), "full": (1.0,)}
    parsed = Parsed(page(step.run(factories.decision("full", list(scores)), *made.runs(scores))))
    assert parsed.count("circle") == 4
