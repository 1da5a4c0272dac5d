"""JSON: nested fields, broken lines, and documents that are read piece by piece."""

from __future__ import annotations

import json
from functools import partial
from unittest import mock

import pytest

from tests.steps.ingest.tables.opened import opened, read
from thaw.errors import InputError
from thaw.steps.ingest.tables import json_files, text_blocks

ROWS = [{"text": f"text é {row}", "label": row % 2} for row in range(20)]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS)


def test_nested_fields_have_dotted_names() -> None:
    nested = [{"data": {"text": row["text"], "id": "a"}, "meta": {"label": row["label"]}} for row in ROWS]
    found = read("".join(json.dumps(row) + "\n" for row in nested), "x.jsonl")
    assert found.table.reading.columns == {"text": "data.text", "label": "meta.label"}
    assert found.contents == [row["text"] for row in ROWS]
    assert found.labels[:2] == ["0", "1"]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b'{"text": "cut', "structure"),
        (b"[1]", "structure"),
        (b'{"text": "a", "label": 1, "label": 2}', "structure"),
        (b"[" * 100_000, "structure"),
        (b'{"text": "a", "label": ' + b"9" * 10_000 + b"}", "structure"),
        (b'{"text": 5, "label": 1}', "content"),
        (b'{"label": 1}', "content"),
        (b'{"text": "\\ud800", "label": 1}', "content"),
        (b'{"text": " \\n", "label": 1}', "content"),
        (b'{"text": "a", "label": NaN}', "label"),
        (b'{"text": "a", "label": "\\udfff"}', "label"),
        (b'{"text": "a", "label": {}}', "label"),
        (b'{"text": "a"}', "label"),
        (b'{"text": "caf\xe9", "label": 1}', "encoding"),
    ],
)
def test_a_broken_line_costs_itself(line: bytes, kind: str) -> None:
    found = read(LINES.encode() + b"\n" + line + b"\n" + LINES.encode(), "x.jsonl")
    assert found.kinds == {"x.jsonl:22": kind}
    assert len(found.contents) == 40
    assert found.lines[-1] == 42


def test_a_key_that_is_no_text_harms_no_row() -> None:
    found = read(LINES + '{"text": "a", "label": 1, "\\ud800": 2}\n', "x.jsonl")
    assert len(found.contents) == 21


@pytest.mark.parametrize("size", [1, 7, 50, 2**20])
@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_is_read_in_pieces(size: int, indent: int | None) -> None:
    with mock.patch.object(json_files, "raw_blocks", partial(text_blocks.raw_blocks, size=size)):
        found = read(json.dumps(ROWS, indent=indent, ensure_ascii=False), "x.json")
    assert found.contents == [row["text"] for row in ROWS]
    assert found.lines == list(range(1, 21))


def test_an_array_that_breaks_off() -> None:
    found = read(json.dumps(ROWS)[:-30], "x.json")
    assert len(found.contents) == 19
    assert found.kinds == {"x.json:20": "structure"}
    found = read(json.dumps([*ROWS, 5, "a", None]), "x.json")
    assert found.kinds == dict.fromkeys(("x.json:21", "x.json:22", "x.json:23"), "structure")


@pytest.mark.parametrize("text", ["5", '"a"', '{"a": [1, 2], "b": 3}', "{" * 5000, '{"data": [{"text"'])
def test_a_document_without_rows(text: str) -> None:
    with pytest.raises(InputError, match=r"holds no list of rows|can be read|no label column"):
        read(text, "x.json")


def test_nothing() -> None:
    assert opened("", "x.json") is None
    assert opened(" \n", "x.jsonl") is None
    assert opened("[]", "x.json") is None


def test_a_key_that_stands_twice_costs_its_row_alone() -> None:
    table = json.dumps(ROWS)[:-1] + ', {"text": "a", "label": 1, "label": 2}, {"text": "b", "label": 1}]'
    found = read(table, "x.json")
    assert found.kinds == {"x.json:21": "structure"}
    assert found.lines[-1] == 22


def test_nothing_stands_behind_an_array() -> None:
    found = read(json.dumps(ROWS) + json.dumps(ROWS), "x.json")
    assert found.kinds == {"x.json:21": "structure"}
    assert not read(json.dumps(ROWS) + " \n", "x.json").refused


def test_lists_by_split() -> None:
    found = read(json.dumps({"train": ROWS, "dev": ROWS[:5]}), "x.json")
    assert found.splits == ["train"] * 20 + ["validation"] * 5
    with pytest.raises(InputError, match="holds no list of rows"):
        read(json.dumps({"a": ROWS, "b": ROWS}), "x.json")
