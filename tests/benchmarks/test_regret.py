"""The measure itself: on made-up cells whose truth is known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.regret import first_steps, fit, held_out, learn, measure, pilots, table, tasks, workers
from benchmarks.regret.calibration import Outcome, after_training, rmse
from benchmarks.regret.cells import Cell, Seed, features_of
from benchmarks.regret.choosers import constants, everything, likeness, rule_of_thumb
from benchmarks.regret.noise import SeedNoise, row_covariance
from benchmarks.regret.report import seconds
from tests.report.test_profile import profile
from thaw.records import STRATEGIES, CurvePoint, Profile
from thaw.steps.choose.posterior import head_lead

FAMILIES = ("snippets", "foods", "newsgroups", "reuters")
TASK_OF = {"snippets": "movie", "foods": "foods", "newsgroups": "newsgroups", "reuters": "r8"}


def cell(
    scores: Sequence[float],
    task: str = "movie",
    rows: int = 300,
    seeds: int = 2,
    test_rows: int = 4000,
    made: Profile | None = None,
) -> Cell:
    """Strategies that are right on each test row by chance `scores`; what is hard is hard for all."""
    random = np.random.default_rng([rows, *task.encode()])
    hard = random.random(test_rows)
    found = Cell(task, "minilm-l6", rows, random.integers(0, 2, test_rows), "accuracy")
    for seed in range(seeds):
        luck = random.normal(0, 0.1, (len(scores), test_rows))
        right = {name: hard + luck[place] < scores[place] for place, name in enumerate(STRATEGIES[: len(scores)])}
        runs = {
            name: {"cpu_seconds": 10.0 * (place + 1), "passes": place + 1, "curve": []}
            for place, name in enumerate(right)
        }
        found.seeds.append(Seed(seed, made or profile(), 45, 0.6, right, runs))
    return found


CELLS = [cell((0.6, 0.65, 0.7, 0.8), TASK_OF[family]) for family in FAMILIES]


def regret_of(strategy: str, cells: Sequence[Cell] = CELLS) -> measure.Regrets:
    return measure.regrets(cells, constants()[f"always {strategy}"], SeedNoise(cells))


def test_regret_is_the_distance_to_the_best() -> None:
    assert regret_of("full").mean == pytest.approx(0, abs=1e-9)
    assert regret_of("frozen").mean == pytest.approx(0.2, abs=0.02)
    assert regret_of("full").hits.mean() == 1
    assert regret_of("frozen").hits.mean() == 0
    low, high = regret_of("frozen").interval
    assert low <= regret_of("frozen").mean <= high


def test_where_all_are_alike_nobody_regrets_and_no_luck_is_blamed() -> None:
    alike = [cell((0.7, 0.7, 0.7, 0.7), TASK_OF[family]) for family in FAMILIES]
    for strategy in STRATEGIES:
        assert abs(regret_of(strategy, alike).mean) < 0.01
        assert regret_of(strategy, alike).hits.mean() == 1


def test_a_perfect_chooser_under_the_cells_noise() -> None:
    cells = [cell((0.70, 0.70, 0.705, 0.71), TASK_OF[family], test_rows=500) for family in FAMILIES]
    found = measure.perfect(cells, SeedNoise(cells))
    assert len(found) == measure.SIMULATIONS
    assert np.mean([each.mean for each in found]) < 0.003
    assert np.mean([each.tail for each in found]) > 0
    assert np.mean([each.hits.mean() for each in found]) > 0.9


def test_missing_lora_counts_as_full() -> None:
    image = cell((0.6, 0.65, 0.8), "fashion")
    image.seeds[:] = [
        Seed(
            each.seed,
            each.profile,
            45,
            0.6,
            {"frozen": each.right["frozen"], "partial": each.right["partial"], "full": each.right["lora"]},
            each.runs,
        )
        for each in image.seeds
    ]
    assert regret_of("lora", [image]).mean == regret_of("full", [image]).mean


def test_the_rows_luck_is_that_of_a_share() -> None:
    one = cell((0.5, 0.5, 0.5, 0.5), test_rows=1000)
    assert row_covariance(one, one.seeds[0])[0, 0] == pytest.approx(0.25 / 1000, rel=0.02)


def test_balanced_accuracy_weighs_classes() -> None:
    one = cell((0.5, 0.6, 0.7, 0.8))
    labels = np.arange(len(one.labels)) % 10 == 0
    skewed = Cell(one.task, one.network, one.rows, labels.astype(int), "balanced_accuracy", one.seeds)
    right = one.seeds[0].right["full"]
    assert skewed.score(right) == pytest.approx((right[labels].mean() + right[~labels].mean()) / 2)


def test_the_rule_of_thumb() -> None:
    alike = profile().model_copy(update={"majority": 0.05})
    unlike = profile().model_copy(update={"majority": 0.6})
    assert likeness(alike) > 0.6 > likeness(unlike)
    for rows, made, expected in (
        (300, alike, "frozen"),
        (300, unlike, "partial"),
        (4000, alike, "lora"),
        (4000, unlike, "full"),
    ):
        one = cell((0.5, 0.5, 0.5, 0.5), rows=rows, made=made)
        assert rule_of_thumb(one, one.seeds[0]) == expected


def test_trying_everything_takes_what_validates_best() -> None:
    one = cell((0.6, 0.65, 0.7, 0.8), rows=1000, seeds=1)
    seed = one.seeds[0]
    for strategy, score in zip(STRATEGIES, (None, 0.9, 0.7, 0.8), strict=True):
        seed.runs[strategy]["validation_score"] = score
    assert everything(one, seed) == "partial"
    assert seconds(one, seed, everything) == pytest.approx(10 + 20 + 30 + 40)
    error = np.hypot.reduce(np.array([0.9, 0.7, 0.8]) - one.scores[0, 1:]) / np.sqrt(3)
    assert after_training([one]) == pytest.approx(error, rel=0.01)
    seed.runs["partial"]["validation_score"] = seed.runs["full"]["validation_score"] = 0.5
    seed.runs["lora"]["validation_score"] = 0.59
    assert everything(one, seed) == "frozen"


def varied(number: int) -> Cell:
    """Gains that grow with what an inner depth adds."""
    random = np.random.default_rng(number)
    inner, rows = random.uniform(0, 0.2), int(random.choice([100, 300, 1000, 4000]))
    depths = list(profile().depths)
    depths[3] = depths[3].model_copy(update={"ridge": depths[-1].ridge + inner})
    curve = tuple(CurvePoint(rows=100 * 2**k, score=0.6 + random.uniform(0, 0.05) * k) for k in range(4))
    made = profile().model_copy(update={"depths": tuple(depths), "curve": curve})
    last = depths[-1].ridge
    return cell(
        (last, last + inner / 2, last + inner / 2, last + inner), TASK_OF[FAMILIES[number % 4]], rows, 1, 4000, made
    )


def test_learning_finds_what_moves_the_gain() -> None:
    cells = [varied(number) for number in range(60)]
    found = learn.learn(cells)
    known = learn.tabulate(cells)
    predicted = np.array([found.expected(each) for each in known.features])
    assert np.corrcoef(predicted[:, 3], known.targets[:, 3])[0, 1] > 0.8
    assert found.runs == 60
    assert (np.linalg.eigvalsh(np.array(found.residual_covariance)) > 0).all()
    assert found.safest["attention"]["out_of_distribution"] == "full"


def test_known_tasks_hold_the_largest_cells_moments() -> None:
    small, large = cell((0.5, 0.6, 0.6, 0.6), rows=100), cell((0.5, 0.6, 0.6, 0.7), rows=1000)
    (entry,) = fit.measured_tasks([small, large]).values()
    assert set(entry["tasks"]["movie"]["scores"]) == {"100", "1000"}
    assert entry["tasks"]["movie"]["scores"]["1000"]["full"] == round(float(large.scores.mean(0)[3]), 4)


def test_the_error_of_a_prediction_leaves_the_rows_luck_out() -> None:
    random = np.random.default_rng(0)
    outcomes = [
        Outcome("full", "foods", 300, float(each), True, 0.02**2)
        for each in random.normal(0, np.hypot(0.02, 0.03), 5000)
    ]
    assert rmse(outcomes) == pytest.approx(0.03, rel=0.05)


def test_a_line_that_was_not_written_to_its_end_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    table.append(path, {"task": "movie"})
    with open(path, "a") as file:
        file.write(json.dumps({"task": "r8"})[:-3])
    assert list(table.read(path)) == [{"task": "movie"}]


def test_draws_hold_some_of_every_class_and_differ_by_seed() -> None:
    pool = tuple((f"text {row}", "rare" if row % 50 == 0 else "common") for row in range(1000))
    first, second = (tasks.draw(pool, 100, seed) for seed in (0, 1))
    assert first == tasks.draw(pool, 100, 0)
    assert first != second
    assert len(set(first)) == 100
    assert sum(label == "rare" for _, label in first) >= 3


def test_the_curve_tells_of_a_pilot_that_ends_about_where_an_epoch_does() -> None:
    curve = [[27, 0.5, 0.1, 1.0], [54, 0.4, 0.2, 2.0], [81, 0.4, 0.3, 2.0]]
    assert first_steps.score_on_curve({"curve": curve}) == 0.2
    assert first_steps.score_on_curve({"curve": curve[:1] + curve[2:]}) is None


def test_features_that_the_profile_left_are_not_paid_for_again() -> None:
    sampled = profile().model_copy(update={"sample_rows": 300})
    one, other = (cell((0.5, 0.5, 0.5, 0.5), rows=300, seeds=1, made=made) for made in (sampled, profile()))
    for each in (one, other):
        for run in each.seeds[0].runs.values():
            run["recipe"] = {"cut": 3}
    spared = 300 * sampled.forward_seconds_per_row
    paid = {each: seconds(one, one.seeds[0], constants()[f"always {each}"]) for each in STRATEGIES}
    expected = {"frozen": 10 - spared, "partial": 20 - spared * 4 / 7, "lora": 30 - spared, "full": 40 - spared}
    assert paid == pytest.approx(expected)
    assert seconds(other, other.seeds[0], lambda cell, seed: "full") == pytest.approx(40)


def test_what_pilots_show_is_learned_from_the_first_epochs() -> None:
    random = np.random.default_rng(0)
    cells = []
    for number in range(12):
        gains = np.append(0.0, random.normal(0.02, 0.04, 3))
        one = cell((0.6 + gains).tolist(), TASK_OF[FAMILIES[number % 4]], 1000, 1)
        seed = one.seeds[0]
        for place, strategy in enumerate(STRATEGIES[1:], 1):
            gain = one.scores[0, place] - one.scores[0, 0]
            seed.pilots[strategy] = 0.6 + 0.7 * gain - 0.03
        one.seeds[0] = replace(seed, validation=20_000)
        cells.append(one)
    found = pilots.learn(cells)
    assert found["pilot_slope"] == pytest.approx(0.7, abs=0.05)
    head_below = head_lead(features_of(one, one.seeds[0]))
    assert found["pilot_intercept"]["attention"] == pytest.approx(-0.03 - 0.7 * head_below, abs=0.01)
    assert pilots.learn([])["pilot_slope"] == pilots.SHARE


def test_what_holding_rows_out_costs_is_a_mean_over_draws() -> None:
    lines = [
        {"task": task, "network": "lite0", "rows": 300, "classes": classes, "validated": validated, "score": score}
        for task, classes, held, every in (("mnist", 10, 0.8, 0.9), ("fashion", 10, 0.7, 0.72), ("half", 2, 0.5, 0.5))
        for validated, score in ((True, held), (False, every))
    ]
    for line, temperature in zip(lines[1::2], (1.5, 2.0, 4.0), strict=True):
        line["temperature"] = temperature
    *rows, last = held_out.comparison(lines).splitlines()[1:]
    assert last.endswith("1.50 to 4.00, median 2.00")
    assert [line.split() for line in rows] == [
        ["lite0", "<60", "2", "75.0", "81.0", "6.0", "±", "4.0"],
        ["lite0", "60+", "1", "50.0", "50.0", "0.0", "±", "nan"],
    ]


def test_held_rows_are_others_of_the_pool() -> None:
    drawn, held = tasks.drawn_and_held("digits", 300, seed=2, most=400) or ([], [])
    rows = tasks.rows_of("digits")
    assert (len(drawn), len(held)) == (300, 400)
    assert not set(drawn) & set(held)
    assert set(drawn) | set(held) <= set(rows.pool)
    assert not set(rows.test) & set(rows.pool)
    assert tasks.drawn_and_held("digits", len(rows.pool) - 50, seed=2, most=400) is None


def test_what_a_process_of_the_benchmark_dies_of_is_told() -> None:
    with pytest.raises(RuntimeError, match="no-such-task"):
        workers.lines_of("held_out", "no-such-task", "300")
