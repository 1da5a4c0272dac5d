"""Which classes are drawn, and which pairs of them are listed."""

from __future__ import annotations

import numpy as np

from tests.report.test_evaluation import evaluation
from thaw.records import Evaluation
from thaw.report.confusion import frequent_confusions, heatmap


def of(counts: list[list[int]]) -> Evaluation:
    names = tuple(f"class {index}" for index in range(len(counts)))
    return evaluation().model_copy(update={"classes": names, "confusion": tuple(map(tuple, counts))})


def test_cells_hold_counts_and_shares_of_the_true_class() -> None:
    drawn = heatmap(of([[3, 1], [0, 0]]))
    assert [[(cell.rows, cell.share) for cell in row] for row in drawn.cells] == [
        [(3, 0.75), (1, 0.25)],
        [(0, 0), (0, 0)],
    ]
    assert [cell.kinds for cell in drawn.cells[0]] == ["hit deep", ""]


def test_pairs_stand_from_the_most_frequent_down_without_right_answers() -> None:
    found = frequent_confusions(of([[9, 1, 0], [0, 5, 5], [2, 0, 8]]))
    assert [(each.label, each.predicted, each.rows, each.share) for each in found] == [
        ("class 1", "class 2", 5, 0.5),
        ("class 2", "class 0", 2, 0.2),
        ("class 0", "class 1", 1, 0.1),
    ]
    assert not frequent_confusions(of([[1, 0], [0, 1]]))


def test_of_too_many_classes_those_with_the_most_errors_are_drawn_in_their_order() -> None:
    counts = 5 * np.eye(60, dtype=int)
    counts[50, 7] = counts[7, 55] = 4
    names = heatmap(of(counts.tolist())).names
    assert len(names) == 50
    assert {"class 7", "class 50", "class 55"} <= set(names)
    assert [int(name.split()[1]) for name in names] == sorted(int(name.split()[1]) for name in names)
