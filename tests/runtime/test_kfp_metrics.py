from __future__ import annotations

from kfp import dsl

from tests import factories
from thaw.runtime import kfp_metrics


def logged(classes: int) -> tuple[dsl.Metrics, dsl.ClassificationMetrics]:
    names = tuple(f"class {number}" for number in range(classes))
    confusion = tuple((1,) * classes for _ in names)
    metrics, matrix = dsl.Metrics(), dsl.ClassificationMetrics()
    kfp_metrics.log(factories.evaluation(0.75, classes=names, confusion=confusion), metrics, matrix)
    return metrics, matrix


def test_scores_and_the_confusion_matrix_are_logged() -> None:
    metrics, matrix = logged(2)
    assert metrics.metadata["accuracy"] == 0.75
    assert set(metrics.metadata) == set(kfp_metrics.SCORES)
    assert matrix.metadata["confusionMatrix"]["rows"] == [{"row": [1, 1]}, {"row": [1, 1]}]


def test_a_matrix_of_many_classes_is_left_out() -> None:
    assert logged(100)[1].metadata
    assert not logged(101)[1].metadata
