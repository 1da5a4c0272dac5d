"""The leaderboard and its regret."""

from __future__ import annotations

import numpy as np
import pytest

from tests import factories
from tests.steps.compare import made
from thaw.errors import InputError
from thaw.records import Interval, Strategy
from thaw.steps.compare import step
from thaw.steps.compare.regret import regret_interval, standard_error

SCORES: made.Scores = {"frozen": (0.80, 0.80), "partial": (0.84, 0.86), "lora": (0.87, 0.85), "full": (0.88, 0.90)}


def test_the_regret_is_the_best_mean_minus_that_of_the_chosen() -> None:
    board = step.run(factories.decision("partial"), *made.runs(SCORES))
    assert (board.chosen, board.best) == ("partial", "full")
    assert board.regret == pytest.approx(0.04)
    assert board.regret_low <= board.regret <= board.regret_high
    assert board.seeds == (0, 1)
    assert {name: each.scores for name, each in board.strategies.items()} == SCORES
    assert {each.seconds for each in board.strategies.values()} == {(10.0, 11.0)}
    assert (board.strategies["frozen"].predicted, board.test_rows) == (0.8, 400)


def test_the_best_choice_has_no_regret_and_equal_means_are_none_either() -> None:
    assert step.run(factories.decision("full"), *made.runs(SCORES)).regret == 0
    board = step.run(factories.decision("lora"), *made.runs({**SCORES, "lora": (0.90, 0.88)}))
    assert board.best == "lora"
    assert board.regret == pytest.approx(0)


def test_runs_may_come_in_any_order() -> None:
    trainings, evaluations = made.runs(SCORES)
    shuffled = np.random.default_rng(0).permutation(len(trainings))
    board = step.run(factories.decision("full"), [trainings[i] for i in shuffled], [evaluations[i] for i in shuffled])
    assert board == step.run(factories.decision("full"), trainings, evaluations)


def test_where_lora_cannot_run_full_counts_for_it() -> None:
    scores: made.Scores = {name: SCORES[name] for name in ("frozen", "partial", "full")}
    board = step.run(factories.decision("frozen", list(scores)), *made.runs(scores))
    assert board.strategies["lora"].counted_as == "full"
    assert board.strategies["lora"].scores == SCORES["full"]
    assert board.best == "full"


def test_runs_that_do_not_compare_are_refused() -> None:
    trainings, evaluations = made.runs(SCORES)
    with pytest.raises(InputError, match="same seeds"):
        step.run(factories.decision("full"), trainings[:-1], evaluations[:-1])
    with pytest.raises(InputError, match="dataset of the decision"):
        step.run(factories.decision("full"), trainings, [*evaluations[:-1], factories.evaluation(0.9, dataset="other")])


def test_a_clear_loss_has_an_interval_above_nothing_and_an_unclear_one_has_not() -> None:
    clear: dict[Strategy, tuple[float, ...]] = {"frozen": (0.70, 0.71, 0.69), "full": (0.90, 0.91, 0.89)}
    close: dict[Strategy, tuple[float, ...]] = {"frozen": (0.895, 0.90), "full": (0.90, 0.905)}
    errors: dict[Strategy, float] = {"frozen": 0.015, "full": 0.015}
    low, high = regret_interval(clear, errors, "frozen")
    assert 0.13 < low < 0.19 < 0.21 < high < 0.27
    assert regret_interval(close, errors, "frozen")[0] == 0


def test_without_seeds_or_rows_to_be_unlucky_with_the_regret_is_certain() -> None:
    scores: dict[Strategy, tuple[float, ...]] = {"frozen": (0.7,), "full": (0.9,)}
    assert regret_interval(scores, {"frozen": 0.0, "full": 0.0}, "frozen") == pytest.approx((0.2, 0.2))


def test_the_interval_holds_a_regret_seen_on_other_seeds_and_rows() -> None:
    """Strategies of known true scores, seeds and rows drawn anew: at least 95% of intervals hold the true regret."""
    rng = np.random.default_rng(1)
    true = {"frozen": 0.80, "full": 0.86}
    held = 0
    for _ in range(100):
        rows = {name: rng.binomial(400, p) / 400 - p for name, p in true.items()}
        scores: dict[Strategy, tuple[float, ...]] = {
            "frozen": (true["frozen"] + rows["frozen"],) * 3,
            "full": tuple(true["full"] + rows["full"] + rng.normal(0, 0.01, 3)),
        }
        errors: dict[Strategy, float] = {"frozen": 0.02, "full": 0.0173}
        low, high = regret_interval(scores, errors, "frozen")
        held += low <= 0.06 <= high
    assert held >= 93


def test_the_error_of_a_score_is_read_off_its_interval_and_is_never_nothing() -> None:
    assert standard_error(Interval(value=0.5, low=0.402, high=0.598), 400) == pytest.approx(0.05)
    perfect = Interval(value=1.0, low=1.0, high=1.0)
    assert 0.03 < standard_error(perfect, 33) < 0.05
    assert standard_error(perfect, 2000) < 0.001
