from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from random import Random

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from thaw.records import SPLITS, Split
from thaw.steps.ingest import digests
from thaw.steps.ingest import splits as module
from thaw.steps.ingest.splits import BORDERS, NO_SPLIT, TEST, TRAIN, VALIDATION, assign_by_time


def identity(text: object) -> str:
    return hashlib.sha256(str(text).encode()).hexdigest()


def position(identity: str) -> float:
    return digests.position(bytes.fromhex(identity))


def assign(ids: Sequence[str], labels: Sequence[str], given: Sequence[Split | None]) -> list[Split]:
    """The splits of rows with these contents and labels, by name."""
    keys, classes = np.unique(ids, return_inverse=True)[1], np.unique(labels, return_inverse=True)[1]
    numbers = np.array([SPLITS.index(split) if split else NO_SPLIT for split in given])
    found = module.assign(keys, np.array([position(each) for each in ids]), classes, numbers)
    return [SPLITS[number] for number in found]


def test_a_position_is_for_good() -> None:
    assert round(position(identity("a text")), 6) == 0.594688
    assert [assign([identity(n)], ["a"], [None]) for n in range(3)] == [["test"], ["train"], ["train"]]


def test_shares_are_close_to_70_15_15() -> None:
    found = assign([identity(n) for n in range(10_000)], ["a"] * 10_000, [None] * 10_000)
    for split, (low, high) in BORDERS.items():
        assert abs(found.count(split) / 10_000 - (high - low)) < 0.015


@st.composite
def rows(draw: st.DrawFn, least: int = 3) -> list[tuple[int, str]]:
    start, count = draw(st.integers(0, 10**6)), draw(st.integers(least, 150))
    return [(n, "abc"[n % 3]) for n in range(start, start + count)]


@given(rows(least=60), rows())
def test_new_rows_never_move_old_ones(old: list[tuple[int, str]], new: list[tuple[int, str]]) -> None:
    filled = {(label, split) for (_, label), split in zip(old, split_of(old), strict=True)}
    assume(len(filled) == 9 and not repaired(old))
    before, after = placed(old), placed(old + new)
    assert {n: after[n] for n in before} == before


@given(rows(), st.integers(0, 10**6), st.sampled_from("abc"))
def test_only_rows_of_a_repaired_class_may_move(old: list[tuple[int, str]], number: int, label: str) -> None:
    assume(number not in {n for n, _ in old})
    before, after = placed(old), placed([*old, (number, label)])
    assert all(before[identity(n)] == after[identity(n)] for n, other in old if other != label)


@given(rows(), st.randoms())
def test_the_order_of_rows_does_not_matter(some: list[tuple[int, str]], random: Random) -> None:
    mixed = some.copy()
    random.shuffle(mixed)
    assert placed(mixed) == placed(some)


@given(st.lists(st.tuples(st.integers(), st.sampled_from("ab")), min_size=1, max_size=30, unique_by=lambda row: row[0]))
def test_three_rows_are_enough_for_every_split(some: list[tuple[int, str]]) -> None:
    found = defaultdict(set)
    for (_, label), split in zip(some, split_of(some), strict=True):
        found[label].add(split)
    for label, splits in found.items():
        assert len(splits) == min(3, sum(other == label for _, other in some))


@given(st.lists(st.tuples(st.integers(0, 20), st.sampled_from("ab")), min_size=1, max_size=60))
def test_one_content_is_in_one_split(some: list[tuple[int, str]]) -> None:
    found = defaultdict(set)
    for (n, _), split in zip(some, split_of(some), strict=True):
        found[n].add(split)
    assert all(len(splits) == 1 for splits in found.values())


@given(st.lists(st.tuples(st.integers(), st.sampled_from(SPLITS)), min_size=1, max_size=60))
def test_given_splits_are_kept(some: list[tuple[int, Split]]) -> None:
    placed = assign([identity(n) for n, _ in some], ["a"] * len(some), [split for _, split in some])
    taken = {split for _, split in some}
    for (_, asked), got in zip(some, placed, strict=True):
        assert got == asked or (asked == "train" and got not in taken)


def split_of(some: list[tuple[int, str]]) -> list[Split]:
    return list(assign([identity(n) for n, _ in some], [label for _, label in some], [None] * len(some)))


def placed(some: list[tuple[int, str]]) -> dict[str, Split]:
    return dict(zip([identity(n) for n, _ in some], split_of(some), strict=True))


def repaired(some: list[tuple[int, str]]) -> bool:
    got = placed(some)
    return any(not BORDERS[got[i]][0] <= position(i) < BORDERS[got[i]][1] for i in got)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=60))
def test_the_newest_rows_are_tested_and_rows_of_one_time_stay_together(times: list[int]) -> None:
    found = assign_by_time(np.array(times), np.full(len(times), NO_SPLIT))
    age = {TRAIN: 0, VALIDATION: 1, TEST: 2}
    rows = [(time, age[split]) for time, split in zip(times, found.tolist(), strict=True)]
    assert all(younger <= older for time, younger in rows for later, older in rows if time <= later)
    assert (found == TEST).mean() <= 0.15 + 0.5 / len(times)


def test_shares_by_time_are_70_15_15() -> None:
    found = assign_by_time(np.arange(1000)[::-1], np.full(1000, NO_SPLIT))
    assert np.bincount(found).tolist() == [700, 150, 150]
    assert set(found[:150]) == {TEST}


def test_time_leaves_given_splits_alone() -> None:
    given = np.array([TEST, TRAIN, TRAIN, NO_SPLIT])
    assert assign_by_time(np.array([0, 1, 2, 3]), given).tolist() == [TEST, TRAIN, TRAIN, VALIDATION]
