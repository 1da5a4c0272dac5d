"""Quotation marks: cells of several lines are whole, and a stray mark costs its own line."""

from __future__ import annotations

import csv
import io
from functools import partial
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.steps.ingest.tables.opened import Read, read
from thaw.steps.ingest.tables import delimited, text_blocks

PHRASES = st.lists(st.sampled_from(["one", "two é", ", ", ";", '"', "it's", " "]), min_size=1, max_size=6).map("".join)
TEXTS = st.tuples(st.lists(PHRASES, min_size=1, max_size=4), st.sampled_from(["\n", "\r\n", "\n\n"])).map(
    lambda parts: f"A{parts[1].join(parts[0])}"
)
"""No bare carriage return: Python's writer leaves it without marks, and so as a line end."""
PLAIN = st.text(st.sampled_from("abcé ,'"), min_size=1, max_size=12).filter(lambda text: text.strip(" ,'"))
LABELS = ("pos", "neg", "neutral")


SIZES = pytest.mark.parametrize("size", [40, 2**20], ids=["small blocks", "one block"])


def read_in_blocks(table: str, size: int) -> Read:
    with mock.patch.object(delimited, "raw_blocks", partial(text_blocks.raw_blocks, size=size)):
        return read(table, delimiter=",", header="first", text_column="text", label_column="label", encoding="utf-8")


def written(texts: list[str], quoting: int, end: str) -> tuple[str, list[int]]:
    """A table of these texts, and the physical line on which each row begins."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=quoting, lineterminator=end)
    writer.writerow(["text", "label"])
    starts = []
    for row, text in enumerate(texts):
        starts.append(len(physical(file.getvalue())) + 1)
        writer.writerow([text, LABELS[row % 3]])
    return file.getvalue(), starts


def physical(text: str) -> list[str]:
    return io.StringIO(text, newline="").readlines()


@SIZES
@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(TEXTS, min_size=1, max_size=12),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_a_well_formed_table_is_read_whole(size: int, texts: list[str], quoting: int, end: str) -> None:
    table, starts = written(texts, quoting, end)
    found = read_in_blocks(table, size)
    assert found.contents == texts
    assert found.lines == starts
    assert not found.refused


@SIZES
@settings(max_examples=60, deadline=None)
@given(texts=st.lists(PLAIN, min_size=3, max_size=12), data=st.data())
def test_a_mark_at_the_start_of_a_cell_costs_its_line_alone(size: int, texts: list[str], data: st.DataObject) -> None:
    rows = [f"{text.replace(',', ' ')},{LABELS[row % 3]}\n" for row, text in enumerate(texts)]
    hit = data.draw(st.integers(0, len(rows) - 1))
    whole = ["text,label\n", *rows[:hit], f'"{rows[hit]}', *rows[hit + 1 :]]
    found = read_in_blocks("".join(whole), size)
    assert len(found.sources) + len(found.refused) == len(rows)
    assert found.contents == [text.replace(",", " ") for row, text in enumerate(texts) if row != hit]
    assert found.kinds == {f"x.csv:{hit + 2}": "structure"}


@SIZES
@settings(max_examples=100, deadline=None)
@given(texts=st.lists(TEXTS, min_size=5, max_size=12), data=st.data())
def test_a_mark_anywhere_costs_rows_beside_it_alone(size: int, texts: list[str], data: st.DataObject) -> None:
    """Records before the damaged one are whole; and of those behind, all but some that begin with marks themselves."""
    texts = [f"{row}{text}" for row, text in enumerate(texts)]
    table, starts = written(texts, csv.QUOTE_MINIMAL, "\n")
    place = data.draw(st.integers(len("text,label\n"), len(table)))
    line = len(physical(table[:place] + "|"))
    hit = max(row for row, start in enumerate(starts) if start <= line)
    damaged = table[:place] + '"' + table[place:]
    found = read_in_blocks(damaged, size)
    assert found.contents[: max(0, hit - 1)] == texts[: max(0, hit - 1)]
    simple = [
        row for row in range(hit + 2, len(texts)) if all(not set(texts[each]) & set('"\n\r') for each in (row, row - 1))
    ]
    assert {starts[row] for row in simple} <= {*found.lines, *(int(each.rpartition(":")[2]) for each in found.kinds)}


def test_lines_of_a_cell_that_look_like_rows_stay_in_it() -> None:
    poem = '"la, la\nla, la\nla, la","{label}"\n'
    table = '"text","label"\n' + "".join(poem.format(label=LABELS[row % 3]) for row in range(20))
    found = read(table)
    assert found.contents == ["la, la\nla, la\nla, la"] * 20
    assert not found.refused


@pytest.mark.parametrize("closing", ['he said "so",neg\n', 'the end",neg\n', ""])
def test_two_stray_marks_do_not_swallow_what_lies_between(closing: str) -> None:
    rows = [f"text {row},{LABELS[row % 3]}\n" for row in range(30)]
    found = read("text,label\n" + "".join(rows) + f'"stray,pos\n{"".join(rows)}{closing}{"".join(rows)}')
    assert found.kinds == {"x.csv:32": "structure"}
    assert len(found.contents) == 90 + bool(closing)
    assert found.lines[-1] == 92 + bool(closing)


def test_a_table_that_ends_within_a_cell() -> None:
    found = read("text,label\n" + "".join(f"text {row},{LABELS[row % 3]}\n" for row in range(9)) + '"cut off\nhere')
    assert found.kinds == {"x.csv:11": "structure", "x.csv:12": "structure"}
    assert len(found.contents) == 9
