"""The tasks of the grid: fixed test rows, and a pool that training rows are drawn from.

What is alike is one family, and is left out together when something learned over tasks is judged.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from thaw.records import Modality

from . import pictures, texts

Content = str | bytes
Row = tuple[Content, str]

MAX_TEST_ROWS = 2000
TEST_SHARE = 0.4
MIN_CLASS_ROWS = 8
"""Different rows of a class: one that has fewer is left out of its task."""


@dataclass(frozen=True)
class Task:
    name: str
    family: str
    modality: Modality
    load: Callable[[], Iterable[tuple[Content, str, str]]]


ALL = (
    *(Task(name, "snippets", "text", texts.sentiment(name)) for name in texts.SOURCES),
    Task("sources", "snippets", "text", texts.sources),
    Task("foods", "foods", "text", texts.foods),
    Task("newsgroups", "newsgroups", "text", texts.orange("20newsgroups")),
    Task("r8", "reuters", "text", texts.orange("reuters-r8")),
    Task("r52", "reuters", "text", texts.orange("reuters-r52")),
    Task("novels", "novels", "text", texts.novels),
    Task("sections", "packages", "text", texts.sections),
    Task("glosses", "glosses", "text", texts.glosses),
    Task("quips", "quips", "text", texts.quips),
    Task("manuals", "manuals", "text", texts.manuals),
    Task("stamps", "photos", "image", pictures.stamps),
    Task("clipart", "drawings", "image", pictures.clipart),
    Task("icons", "icons", "image", pictures.icons),
    Task("fashion", "fashion", "image", pictures.fashion),
    Task("mnist", "digits", "image", pictures.mnist),
    Task("digits", "digits", "image", pictures.digits),
)
TASKS = {task.name: task for task in ALL}


@dataclass(frozen=True)
class Rows:
    pool: tuple[Row, ...]
    test: tuple[Row, ...]


@cache
def rows_of(name: str) -> Rows:
    """Rows of a task, the same on every machine: the hash of a row's group decides where it belongs."""
    found: dict[str, tuple[Content, str, str]] = {}
    for content, label, group in TASKS[name].load():
        found.setdefault(_hash(content), (content, label, group))  # each content once
    many = Counter(label for _, label, _ in found.values())
    rows = [
        (_hash(group), key, content, label)
        for key, (content, label, group) in found.items()
        if many[label] >= MIN_CLASS_ROWS
    ]
    rows.sort(key=lambda row: row[:2])
    end = min(MAX_TEST_ROWS, int(TEST_SHARE * len(rows)))
    while end < len(rows) and rows[end][0] == rows[end - 1][0]:
        end += 1
    pool = tuple((content, label) for _, _, content, label in rows[end:])
    trained = {label for _, label in pool}
    return Rows(pool, tuple((content, label) for _, _, content, label in rows[:end] if label in trained))


def draw(pool: tuple[Row, ...], size: int, seed: int, least: int = 3) -> list[Row]:
    """`size` rows of the pool with the classes' own shares, but at least `least` of each class, as far as it goes."""
    random = np.random.default_rng([seed, size])
    order = random.permutation(len(pool))
    labels = np.array([pool[row][1] for row in order])
    rank = np.zeros(len(order), np.int64)
    for label in np.unique(labels):
        rank[labels == label] = np.arange((labels == label).sum())
    # The first rows of each class come before all others, which keep their random order.
    first = np.argsort(rank >= least, kind="stable")
    return [pool[order[row]] for row in first[:size]]


def drawn_and_held(task: str, size: int, seed: int, most: int) -> tuple[list[Row], list[Row]] | None:
    """A draw of a task's pool, and up to `most` other rows of it, so that no test row has a say in what is settled by
    them. None where the pool is too small for a draw that size and a quarter of them."""
    pool = rows_of(task).pool
    drawn = draw(pool, size, seed)
    own = set(drawn)
    held = draw(tuple(row for row in pool if row not in own), most, seed, least=1)
    return (drawn, held) if len(drawn) == size and len(held) >= most / 4 else None


def _hash(content: Content) -> str:
    return hashlib.sha256(b"grid 1\0" + (content.encode() if isinstance(content, str) else content)).hexdigest()
