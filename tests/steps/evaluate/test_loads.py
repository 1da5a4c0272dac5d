from __future__ import annotations

import numpy as np
import pytest

from thaw.networks.stranger import Answer
from thaw.records import Loads
from thaw.report.wording import sentence
from thaw.steps.evaluate.loads import MAX_ROWS, compared_rows, judged

CLASSES = ("bad", "good")
LOGITS = np.array([[1.0, -1.0], [30.0, 2.0]])
SAME = Answer(classes=CLASSES, logits=((1.0, -1.0), (30.0, 2.0)))


def changed(**fields: object) -> Loads:
    return judged(SAME.model_copy(update=fields), CLASSES, LOGITS, "float32")


def test_the_same_logits_pass_and_the_numbers_are_kept() -> None:
    rule = changed(apart=(1,), logits=((1.0, -1.01), (30.0, 2.0)))
    assert rule.passed
    assert (rule.rows, rule.apart) == (2, 1)
    assert rule.difference == pytest.approx(0.01)
    assert rule.max_difference == pytest.approx(0.03), "in units of the largest logit"


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"logits": ((1.0, -1.0), (30.0, 2.1))}, "0.1"),
        ({"logits": ((-1.0, 1.0), (2.0, 30.0))}, "28"),
        ({"logits": ((1.0, -1.0),)}, "shape"),
        ({"missing": ("head.0.weight",)}, "'head.0.weight'"),
        ({"unexpected": tuple("abcde")}, "2 more arrays"),
        ({"classes": ("good", "bad")}, "order"),
        ({"error": "OSError: no file named model.safetensors", "logits": ()}, "model.safetensors"),
    ],
)
def test_whatever_is_otherwise_is_refused_and_said(fields: dict[str, object], word: str) -> None:
    rule = changed(**fields)
    assert not rule.passed
    assert word in sentence(rule)
    assert Loads.model_validate_json(rule.model_dump_json()) == rule


def test_half_precision_may_differ_by_more() -> None:
    answer = SAME.model_copy(update={"logits": ((1.0, -1.0), (30.0, 3.0))})
    assert judged(answer, CLASSES, LOGITS, "bfloat16").passed
    assert not judged(answer, CLASSES, LOGITS, "float32").passed


def test_a_hundred_rows_are_compared_the_same_every_time() -> None:
    assert compared_rows(5).tolist() == [0, 1, 2, 3, 4]
    rows = compared_rows(1000)
    assert len(set(rows.tolist())) == MAX_ROWS
    assert (np.diff(rows) > 0).all()
    assert np.array_equal(rows, compared_rows(1000))
