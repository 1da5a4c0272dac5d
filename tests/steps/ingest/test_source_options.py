"""What a user says about a source is done."""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from thaw.data.shards import read_rows
from thaw.errors import InputError
from thaw.records import SPLITS, Dataset, SourceOptions, Split
from thaw.steps.ingest import step

WORDS = [
    f"{animal} {verb}s at {place}"
    for animal in ("cat", "dog", "owl")
    for verb in ("look", "jump")
    for place in "abcdef"
]
TEXTS = [f"{words} in the year {1900 + number}" for number, words in enumerate(WORDS * 2)]


def ingest(tmp_path: Path, rows: list[tuple[Any, ...]], header: str = "text,label", **options: Any) -> Dataset:
    path = tmp_path / "x.csv"
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([header.split(","), *rows])
    said = SourceOptions(**{"near_duplicates": "keep", **options})
    return step.run(str(path), str(tmp_path / "store"), Path(tempfile.mkdtemp(dir=tmp_path)), said)


def split_of(dataset: Dataset, tmp_path: Path) -> dict[str, Split]:
    """The split of each text."""
    scratch = Path(tempfile.mkdtemp(dir=tmp_path))
    return {text: split for split in SPLITS for text in read_rows(dataset, [split], scratch).raw}


def counts(dataset: Dataset) -> dict[str, int]:
    return {name: sum(dataset.counts[split][place] for split in SPLITS) for place, name in enumerate(dataset.classes)}


def labelled(*labels: str) -> list[tuple[str, str]]:
    return [(text, labels[number % len(labels)]) for number, text in enumerate(TEXTS)]


def test_labels_are_renamed_joined_and_left_out(tmp_path: Path) -> None:
    (tmp_path / "map.csv").write_text("label,name\n0,bad\n1,bad\n4,\n")
    dataset = ingest(tmp_path, labelled("0", "1", "2", "4"), labels=str(tmp_path / "map.csv"), max_refused=0.3)
    assert counts(dataset) == {"2": 18, "bad": 36}
    assert dataset.refused_kinds == {"label": 18}


def test_a_map_with_a_label_that_is_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "map.csv").write_text("nowhere,bad\n")
    with pytest.raises(InputError, match="'nowhere'"):
        ingest(tmp_path, labelled("a", "b"), labels=str(tmp_path / "map.csv"))


def test_one_label_against_all_others(tmp_path: Path) -> None:
    assert counts(ingest(tmp_path, labelled("a", "b", "c"), positive="b")) == {"b": 24, "other": 48}
    with pytest.raises(InputError, match="no label 'd'"):
        ingest(tmp_path, labelled("a", "b", "c"), positive="d")


def test_labels_that_are_alike_are_kept_and_said_merged_or_refused(tmp_path: Path) -> None:
    rows = labelled("yes", "no", "yes", "Yes")
    assert ingest(tmp_path, rows).similar_labels == (("Yes", "yes"),)
    assert counts(ingest(tmp_path, rows, similar_labels="merge")) == {"no": 18, "yes": 54}
    with pytest.raises(InputError, match="spelling"):
        ingest(tmp_path, rows, similar_labels="refuse")


def test_a_group_is_in_one_split(tmp_path: Path) -> None:
    rows = [(text, "ab"[number % 2], f"author {number // 4}") for number, text in enumerate(TEXTS)]
    dataset = ingest(tmp_path, rows, "text,label,author", group_column="author")
    where = split_of(dataset, tmp_path)
    groups: dict[str, set[str]] = {}
    for text, _, author in rows:
        groups.setdefault(author, set()).add(where[text])
    assert all(len(splits) == 1 for splits in groups.values())
    assert dataset.split_by == "group"
    numbers = read_rows(dataset, ["train"], tmp_path).groups
    assert numbers is not None
    assert set(Counter(numbers.tolist()).values()) == {4}
    other = ingest(tmp_path, [(*row[:2], "one" + row[2]) for row in rows], "text,label,author", group_column="author")
    assert other.fingerprint != dataset.fingerprint


def test_the_newest_rows_are_tested(tmp_path: Path) -> None:
    rows = [(text, "ab"[number % 2], f"2024-01-{1 + number // 3:02d}") for number, text in enumerate(TEXTS)]
    dataset = ingest(tmp_path, rows, "text,label,day", time_column="day")
    where = split_of(dataset, tmp_path)
    newest = {split: max(day for text, _, day in rows if where[text] == split) for split in SPLITS}
    assert newest["train"] < newest["validation"] < newest["test"]
    assert dataset.split_by == "time"


def test_weights_reach_training(tmp_path: Path) -> None:
    rows = [(text, "ab"[number % 2], 1 + number % 2) for number, text in enumerate(TEXTS)]
    dataset = ingest(tmp_path, rows, "text,label,w", weight_column="w")
    found = read_rows(dataset, ["train"], tmp_path)
    assert found.weights is not None
    assert found.weights.tolist() == [1.0 + label for label in found.labels]


def test_contents_under_several_labels_are_counted_resolved_or_refused(tmp_path: Path) -> None:
    rows = [*labelled("a", "b"), (TEXTS[0], "a"), (TEXTS[0], "b"), (TEXTS[1], "a")]
    assert ingest(tmp_path, rows).conflicts == 2
    resolved = ingest(tmp_path, rows, conflicts="majority")
    assert resolved.conflicts == 0
    assert resolved.refused_kinds["label"] == 3, "one vote of three, and both of a tie"
    with pytest.raises(InputError, match="2 contents"):
        ingest(tmp_path, rows, conflicts="refuse")


def test_too_many_refused_rows_stop_the_run_with_their_reasons(tmp_path: Path) -> None:
    rows = [*labelled("a", "b"), *(("a text without a label", "") for _ in range(30))]
    with pytest.raises(InputError, match=r"30 of the 102 rows .*label 30.*--max-refused 0\.30"):
        ingest(tmp_path, rows)
    dataset = ingest(tmp_path, rows, max_refused=0.3)
    assert sum(map(dataset.rows, SPLITS)) + dataset.rejected == 102


def test_splits_without_rows_are_refused(tmp_path: Path) -> None:
    rows = [(text, "ab"[number % 2], "one") for number, text in enumerate(TEXTS)]
    with pytest.raises(InputError, match="group"):
        ingest(tmp_path, rows, "text,label,author", group_column="author")
    with pytest.raises(InputError, match="time"):
        ingest(tmp_path, [(*row[:2], "2024-01-01") for row in rows], "text,label,day", time_column="day")
