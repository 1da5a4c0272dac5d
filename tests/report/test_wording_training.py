from __future__ import annotations

import pytest

from thaw.records import Completed, Diverged, Fact, FittedInClosedForm, LossRose, NoImprovement, TimeLimit
from thaw.report.wording import sentence

GOLDEN = [
    (FittedInClosedForm(), "the head is fitted in closed form"),
    (Completed(epochs=9), "all epochs done"),
    (NoImprovement(patience=5), "no better validation score for 5 epochs"),
    (TimeLimit(seconds=899.6), "the limit of 900 seconds was reached"),
    (Diverged(updates=3), "the loss was no longer finite"),
    (LossRose(first_loss=1.0, last_loss=9.0), "the loss rose: the fitted head on the frozen network was kept"),
]


@pytest.mark.parametrize(("fact", "expected"), GOLDEN, ids=lambda value: getattr(value, "kind", ""))
def test_every_reason_to_stop_has_its_sentence(fact: Fact, expected: str) -> None:
    assert sentence(fact) == expected
