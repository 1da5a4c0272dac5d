"""Delimiters, headers and the structure of delimited tables."""

from __future__ import annotations

import pytest

from tests.steps.ingest.tables.opened import lines, opened, read
from thaw.errors import InputError


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("header", ["Text,Sentiment\n", ""])
def test_delimiter_and_header_are_found(delimiter: str, header: str) -> None:
    found = read((header + lines()).replace(",", delimiter))
    reading = found.table.reading
    assert (reading.delimiter, reading.header) == (delimiter, bool(header))
    assert found.contents[0] == "text 0"
    assert found.lines[0] == (2 if header else 1)
    assert {"delimiter", "header"} <= set(reading.guessed)


def test_commas_in_texts_do_not_hide_another_delimiter() -> None:
    body = "".join(f"first, second {row}{', third' * (row % 3)};{row % 2}\n" for row in range(30))
    assert read("text;label\n" + body).table.reading.delimiter == ";"
    assert read(body).table.reading.delimiter == ";"


def test_one_column_of_prose_has_no_delimiter() -> None:
    body = "".join(f"first, second {row}{', third' * (row % 3)}\n" for row in range(30))
    found = read("text\n" + body, constants={"label": "x"}, delimiter="|")
    assert len(found.contents) == 30
    prose = "".join(f"a line {row}{' of prose, and more' * (row % 2)}\n" for row in range(30))
    found = read("text\n" + prose.replace(",", ""), constants={"label": "x"})
    assert len(found.contents) == 30
    assert found.table.reading.columns == {"text": "text", "label": "label"}


def test_what_is_said_overrules() -> None:
    said = {"delimiter": ";", "header": "none", "text_column": "1", "label_column": "2"}
    found = read("text;label\n" + lines().replace(",", ";"), **said)
    assert found.contents[0] == "text"
    assert found.table.reading.guessed == ("encoding",)
    assert read("a\tb\n" * 3, delimiter="\\t", header="none", label_column="2").labels == ["b"] * 3
    assert read("sep=;\ntext;label\n" + lines().replace(",", ";")).lines[0] == 3


def test_lines_end_as_they_do_anywhere() -> None:
    for end in ("\r\n", "\r"):
        found = read(("text,label\n\n" + lines(5) + "\n" + lines(5)).replace("\n", end))
        assert found.contents == [f"text {row}" for row in range(5)] * 2
        assert found.lines == [*range(3, 8), *range(9, 14)]


def test_rows_of_another_width_are_refused() -> None:
    found = read("text,label\n" + lines(20) + "a,b,c\nalone\n\n" + lines(1))
    assert found.kinds == {"x.csv:22": "structure", "x.csv:23": "structure"}
    assert found.lines[-1] == 25


def test_columns_of_one_name() -> None:
    with pytest.raises(InputError, match="two columns called 'text'"):
        read("text, text,label\na,b,c\n")


def test_no_rows() -> None:
    assert opened("") is None
    assert opened("\n\n") is None
    assert opened("text,label\n") is None
    with pytest.raises(InputError, match=r"no row of x.csv can be read"):
        opened("text,label\na\nb\n")


def test_columns_without_names_are_numbered() -> None:
    found = read(",text,label\n" + "".join(f"{row},text {row},{row % 2}\n" for row in range(20)))
    assert found.table.reading.columns == {"text": "text", "label": "label"}


@pytest.mark.parametrize("delimiter", ["ab", '"', "\n"])
def test_a_delimiter_that_is_none(delimiter: str) -> None:
    with pytest.raises(InputError, match="is not one character"):
        read("text,label\n" + lines(), delimiter=delimiter)


def test_marks_behind_a_backslash() -> None:
    cell = '"He said \\"hi, all\\" again {row}\nand left",{even}\n'
    found = read("text,label\n" + "".join(cell.format(row=row, even=row % 2) for row in range(20)))
    assert found.contents[1] == 'He said "hi, all" again 1\nand left'
    found = read("text,label\n" + "".join(f'"C:\\folder, {row}\\",{row % 2}\n' for row in range(20)))
    assert found.contents[1] == "C:\\folder, 1\\"


def test_a_header_with_columns_that_have_no_name() -> None:
    body = "".join(f"{('ham', 'spam')[row % 2]},text {row},,,\n" for row in range(20))
    found = read("v1,v2,,,\n" + body, label_column="v1")
    assert found.table.reading.header
    assert found.table.reading.columns["text"] == "v2"


def test_a_mark_within_a_cell_is_a_letter() -> None:
    found = read("text,label\n" + "".join(f'a pipe of {row}" width,{row % 2}\n' for row in range(20)))
    assert found.contents[3] == 'a pipe of 3" width'
    assert not found.refused
