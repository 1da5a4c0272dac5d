"""Records: version 1 stays readable, and nothing else is taken for a record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from thaw import records
from thaw.errors import InputError

FILES_V1 = sorted((Path(__file__).parent / "files_v1").glob("*.json"))
"""What Thaw 0.1 wrote of the two examples."""


def class_of(path: Path) -> type[records.Document]:
    found: type[records.Document] = getattr(records, path.stem.partition("-")[2].capitalize())
    return found


@pytest.mark.parametrize("path", FILES_V1, ids=lambda path: path.stem)
def test_files_of_version_1_are_read_and_written_as_version_2(path: Path) -> None:
    old, document = json.loads(path.read_text()), class_of(path).read(path)
    new = json.loads(document.to_json())
    assert (old["schema_version"], new["schema_version"]) == (1, 2)
    kept = (old.keys() & new.keys()) - {"schema_version", *FACTS, *NESTED}
    assert {key: new[key] for key in kept} == {key: old[key] for key in kept}
    assert class_of(path).parse(document.to_json()) == document


FACTS = {"reasons", "doubts", "gate", "stopped"}
"""Sentences in version 1."""
NESTED = {"plan", "curve", "pilots", "per_class", "calibration", "forgetting"}
"""Keys of whose parts are named otherwise in version 2."""


@pytest.mark.parametrize(
    "path", [path for path in FILES_V1 if path.stem.endswith("decision")], ids=lambda path: path.stem
)
def test_sentences_of_version_1_are_facts_that_say_nothing_else(path: Path) -> None:
    old, decision = json.loads(path.read_text()), records.Decision.read(path)
    for key, facts in (("reasons", decision.reasons), ("flips", decision.counterfactuals), ("doubts", decision.doubts)):
        assert facts == tuple(records.Sentence(text=sentence) for sentence in old[key])


@pytest.mark.parametrize("name", ["mnist", "movie"])
def test_rules_of_version_1_are_sentences_and_their_numbers_stay(name: str) -> None:
    path = next(path for path in FILES_V1 if path.stem == f"{name}-evaluation")
    old, new = json.loads(path.read_text()), records.Evaluation.read(path)
    assert [(rule.kind, rule.text) for rule in new.gate] == [("sentence", text) for text in old["gate"]]
    assert [score.rows for score in new.per_class] == [score["examples"] for score in old["per_class"]]
    assert new.train_rows == old["train_examples"]
    assert new.forgetting is not None
    assert new.forgetting.rows == old["forgetting"]["examples"]


def test_the_keys_that_other_tools_read_stay() -> None:
    read = {
        "decision": {"strategy", "candidates", "reasons"},
        "evaluation": {"accuracy", "balanced_accuracy", "examples"},
        "training": {"strategy", "seconds"},
    }
    for path in FILES_V1:
        kind = path.stem.partition("-")[2]
        assert read.get(kind, set()) <= json.loads(class_of(path).read(path).to_json()).keys()
    candidate = records.Decision.read(FILES_V1[1]).candidates[0]
    assert {"strategy", "score", "low", "high", "cost_seconds"} <= candidate.model_dump().keys()


@pytest.mark.parametrize("version", [0, 3, "1"])
def test_other_versions_are_refused_in_one_line(version: object) -> None:
    data = json.loads(records.Champion().to_json()) | {"schema_version": version}
    with pytest.raises(InputError) as refused:
        records.Champion.parse(json.dumps(data))
    assert "\n" not in str(refused.value)
