from __future__ import annotations

import pytest

from tests import factories
from thaw.errors import InputError
from thaw.steps.list_runs import step


def test_every_candidate_runs_with_every_seed_in_places_of_its_own() -> None:
    runs = step.run(factories.decision("full", ("frozen", "full")), 2, "gs://b/store", "out")
    assert [(each["strategy"], each["seed"]) for each in runs] == [
        ("frozen", 0),
        ("frozen", 1),
        ("full", 0),
        ("full", 1),
    ]
    assert runs[3] == {
        "name": "full, seed 1",
        "strategy": "full",
        "seed": 1,
        "store": "gs://b/store/runs/full-1",
        "output": "out/runs/full-1",
    }
    assert {each["output"] for each in step.run(factories.decision("full"), 2, "s", "")} == {""}


def test_no_seeds_give_nothing_to_compare() -> None:
    with pytest.raises(InputError, match="0 seeds"):
        step.run(factories.decision("full"), 0, "store", "out")
