from __future__ import annotations

import numpy as np
import pytest

from benchmarks.regret import rivals
from benchmarks.regret.cells import Cell
from benchmarks.regret.choosers import constants
from benchmarks.regret.noise import SeedNoise
from tests.benchmarks.test_regret import CELLS, FAMILIES, TASK_OF, cell, regret_of
from tests.report.test_profile import profile


def marked(number: int, rows: int = 300) -> Cell:
    """A cell whose profiles can be told from those of other cells."""
    return cell(
        (0.6, 0.7, 0.7, 0.8), TASK_OF[FAMILIES[number]], rows, made=profile().model_copy(update={"leaked": number})
    )


def test_profiles_are_exchanged_between_cells_of_one_size() -> None:
    cells = [marked(0), marked(1), marked(2), marked(3, rows=1000)]
    orders = set()
    for number in range(10):
        shuffle_profiles = rivals.shuffle_profiles(cells, number)
        leaked = [[seed.profile.leaked for seed in each.seeds] for each in shuffle_profiles]
        assert sorted(leaked[:3]) == [[0, 0], [1, 1], [2, 2]]
        assert leaked[3] == [3, 3]
        assert all(np.array_equal(one.scores, other.scores) for one, other in zip(cells, shuffle_profiles, strict=True))
        orders.add(str(leaked))
    assert len(orders) > 1
    assert rivals.shuffle_profiles(cells, 0) == rivals.shuffle_profiles(cells, 0)


@pytest.mark.parametrize(("strategies", "expected"), [((0.6, 0.7, 0.7, 0.8), "full"), ((0.6, 0.7), "frozen")])
def test_the_constant_of_each_kind(strategies: tuple[float, ...], expected: str) -> None:
    one = cell(strategies)
    assert rivals.constant_of_kind(one, one.seeds[0]) == expected


def test_regrets_of_several_choosers_are_averaged() -> None:
    frozen, full = constants()["always frozen"], constants()["always full"]
    both = rivals.regrets_of_all(CELLS, [frozen, full], SeedNoise(CELLS))
    assert both.mean == pytest.approx((regret_of("frozen").mean + regret_of("full").mean) / 2)
    assert len(both.family) == 2 * len(CELLS)
