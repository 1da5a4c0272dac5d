"""Folders that `save_to_disk` of the library `datasets` writes."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.steps.ingest.tables.opened import no_images
from thaw.errors import InputError
from thaw.records import SourceOptions
from thaw.steps.ingest.tables import is_saved_dataset, open_table, saved_tables

datasets = import_module("datasets")  # it has no types
FEATURES = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["neg", "pos"])})


def dataset(rows: int) -> Any:
    columns = {"text": [f"text {row}" for row in range(rows)], "label": [row % 2 for row in range(rows)]}
    return datasets.Dataset.from_dict(columns, features=FEATURES)


def test_one_dataset(tmp_path: Path) -> None:
    dataset(20).save_to_disk(tmp_path / "x", num_shards=2)
    assert is_saved_dataset(tmp_path / "x")
    tables = saved_tables(tmp_path / "x")
    assert [split for _, split in tables] == [None, None]
    opened = [open_table(path, path.name, SourceOptions(), no_images) for path, _ in tables]
    assert [table.class_names for table in opened if table] == [("neg", "pos")] * 2
    assert sum(len(batch.labels) for table in opened if table for batch in table.batches()) == 20


def test_a_dictionary_of_splits(tmp_path: Path) -> None:
    names = {"train": 20, "validation": 4, "test": 6}
    datasets.DatasetDict({name: dataset(rows) for name, rows in names.items()}).save_to_disk(tmp_path / "x")
    assert is_saved_dataset(tmp_path / "x")
    assert [split for _, split in saved_tables(tmp_path / "x")] == list(names)


def test_what_is_not_whole(tmp_path: Path) -> None:
    assert not is_saved_dataset(tmp_path)
    datasets.DatasetDict({"train": dataset(20), "challenge": dataset(3)}).save_to_disk(tmp_path / "x")
    with pytest.raises(InputError, match="a split 'challenge'"):
        saved_tables(tmp_path / "x")
    dataset(3).save_to_disk(tmp_path / "y")
    saved_tables(tmp_path / "y")[0][0].unlink()
    with pytest.raises(InputError, match="does not describe"):
        saved_tables(tmp_path / "y")
    (tmp_path / "x" / "dataset_dict.json").write_text('{"splits": ["../y"]}')
    with pytest.raises(InputError, match="does not describe"):
        saved_tables(tmp_path / "x")
