from __future__ import annotations

import pytest

from thaw.records import FewerRows, MoreRows, Pilot, PilotScore, StableChoice, Strategy
from thaw.steps.choose.counterfactuals import nearest_score, other_rows


def by_rows(rows: int) -> Strategy:
    return "frozen" if rows < 150 else "partial" if rows < 1000 else "full"


def test_both_directions_with_their_rows() -> None:
    assert other_rows(by_rows, 400, 2, "partial") == (
        MoreRows(rows=1221, class_rows=610.5, strategy="full"),
        FewerRows(rows=131, class_rows=65.5, strategy="frozen"),
    )


def test_where_nothing_changes_there_is_the_range() -> None:
    stable = StableChoice(min_rows=22, max_rows=9095, strategy="full")
    assert other_rows(lambda rows: "full", 400, 2, "full") == (stable,)


@pytest.mark.parametrize(("measured", "change", "strategy"), [(0.62, -0.05, "frozen"), (0.50, 0.075, "full")])
def test_the_score_of_a_pilot_that_changes_the_choice(measured: float, change: float, strategy: str) -> None:
    pilot = Pilot(strategy="full", updates=54, score=measured, head_score=0.5, seconds=1.0)

    def by_score(score: float) -> Strategy:
        return "full" if score > 0.572 else "frozen"

    fact = nearest_score(by_score, pilot, by_score(measured))
    assert fact == PilotScore(pilot="full", score=measured + change, measured=measured, strategy=strategy)


def test_a_pilot_far_from_any_change_says_nothing() -> None:
    pilot = Pilot(strategy="full", updates=54, score=0.99, head_score=0.5, seconds=1.0)
    assert nearest_score(lambda score: "full", pilot, "full") is None
