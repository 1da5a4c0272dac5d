"""Values of a split column."""

from __future__ import annotations

import pytest

from tests.steps.ingest.tables.opened import read
from thaw.errors import InputError


def table(*splits: str, column: str = "split") -> str:
    body = "".join(f"text {row},{row % 2},{splits[row % len(splits)]}\n" for row in range(6 * len(splits)))
    return f"text,label,{column}\n{body}"


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (("train", "validation", "test"), ["train", "validation", "test"]),
        (("TRAINING", "Val", "Testing"), ["train", "validation", "test"]),
        (("train", "dev", ""), ["train", "validation", None]),
        (("train", "eval"), ["train", "test"]),
        (("train", "eval", "test"), ["train", "validation", "test"]),
        (("0", "1", "2"), ["train", "validation", "test"]),
        (("0", "1"), ["train", "test"]),
        (("0.0", "2.0"), ["train", "test"]),
    ],
)
def test_common_names(names: tuple[str, ...], splits: list[str | None]) -> None:
    found = read(table(*names))
    assert found.splits == splits * 6
    assert found.table.reading.columns["split"] == "split"
    assert set(found.table.reading.splits.values()) == {split for split in splits if split}


def test_an_unknown_split_costs_its_rows() -> None:
    found = read(table("train", "test", "extra"))
    assert set(found.kinds.values()) == {"split"}
    assert len(found.refused) == 6
    with pytest.raises(InputError, match="unknown value 'extra'"):
        read(table("extra", "other"))


def test_another_column_is_the_split_only_by_its_values() -> None:
    assert read(table("train", "test", column="partition")).splits[:2] == ["train", "test"]
    assert not read(table("a", "b", column="subset")).splits
    assert read(table("train", "test", column="z"), split_column="z").splits[:2] == ["train", "test"]


def test_the_split_of_the_file() -> None:
    assert set(read("text,label\na,0\nb,1\n", split="test").splits) == {"test"}
    assert read(table("train", ""), split="test").splits[:2] == ["train", "test"]


def test_numbers_of_splits_are_read_in_all_rows() -> None:
    body = "".join(f"text {row},{row % 2},{row // 6000}\n" for row in range(18_000))
    found = read("text,label,split\n" + body)
    assert [found.splits[row] for row in (0, 6000, 12_000)] == ["train", "validation", "test"]
