"""Encodings: marks, UTF-8 with a damaged byte, older encodings, and what is not sure."""

from __future__ import annotations

import pytest

from tests.steps.ingest.tables.opened import lines, read
from thaw.errors import InputError

TEXTS = {
    "fr": "très déçu de l’hôtel",
    "ru": "очень хорошая книга и плохой фильм",
    "ja": "とても良い映画でした",
    "zh": "这个产品非常好，我还会再买的",
    "cs": "příliš žluťoučký kůň úpěl",
    "tr": "şiddetle öneriyorum, çok güzel ığ",
}


def table(language: str, rows: int = 30) -> str:
    return "text,label\n" + lines(rows, TEXTS[language].replace(",", " "))


@pytest.mark.parametrize(
    ("language", "encoding"),
    [
        ("fr", "utf-8-sig"),
        ("fr", "cp1252"),
        ("ru", "cp1251"),
        ("ru", "utf-16"),
        ("ru", "utf-16-le"),
        ("ru", "utf-16-be"),
        ("ru", "utf-32"),
        ("ja", "shift_jis"),
        ("ja", "euc_jp"),
        ("ja", "utf-16-le"),
        ("zh", "gb18030"),
        ("cs", "cp1250"),
        ("tr", "cp1254"),
    ],
)
def test_a_text_is_the_same_in_every_encoding(language: str, encoding: str) -> None:
    data = table(language).replace("’", "'").encode(encoding)
    found = read(data)
    assert found.contents == read(table(language).replace("’", "'")).contents
    assert found.lines == list(range(2, 32))
    assert "encoding" in found.table.reading.guessed


def test_latin_1_and_quotation_marks_of_windows() -> None:
    assert read(("text,label\n" + lines(30, "café")).encode("latin-1"), encoding="latin-1").contents[0] == "café 0"
    assert read(("text,label\n" + lines(30, "café")).encode("latin-1")).contents[0] == "café 0"
    assert read(("text,label\n" + lines(30, "it’s “good”")).encode("cp1252")).contents[0] == "it’s “good” 0"


def test_a_damaged_byte_costs_its_row_alone() -> None:
    whole = table("ru").encode()
    found = read(whole + b"bad \xff byte,pos\n" + lines(2).encode())
    assert found.table.reading.encoding == "utf-8"
    assert found.kinds == {"x.csv:32": "encoding"}
    assert len(found.contents) == 32
    found = read(b"text,label\n" + lines(30).encode() + b'"first\nsecond \xe9",pos\n' + lines(1).encode())
    assert found.kinds == {"x.csv:32": "encoding"}
    assert found.lines[-1] == 34


def test_an_encoding_that_is_not_sure_is_asked_for() -> None:
    data = ("text,label\n" + lines(30, "žluť")).encode("cp1250")[:-1]
    assert read(data, encoding="cp1250").contents[0] == "žluť 0"
    with pytest.raises(InputError, match=r"not sure.*--encoding"):
        read(("text,label\n" + lines(30, "שלום עולם טוב")).encode("cp1255"))


def test_an_unknown_encoding() -> None:
    for encoding in ("utf-9", "base64", "rot13"):
        with pytest.raises(InputError, match=f"no encoding '{encoding}'"):
            read(table("fr"), encoding=encoding)


def test_text_that_was_read_twice_is_refused() -> None:
    for language, encoding in (("ru", "cp1252"), ("ru", "cp1251"), ("fr", "cp1252")):
        raw = table(language).replace("’", "'").encode()
        twice = "".join(bytes([byte]).decode(encoding, "ignore") or chr(byte) for byte in raw)
        with pytest.raises(InputError, match="was UTF-8, read as another encoding"):
            read(twice)
        assert read(twice, encoding="utf-8").contents


def test_only_some_rows_beyond_ascii() -> None:
    data = ("text,label\n" + lines(400) + "café,pos\nnaïve,neg\n").encode()
    assert not read(data).refused
    found = read(("text,label\n" + lines(400)).encode() + "café,pos\n".encode("latin-1"))
    assert found.kinds == {"x.csv:402": "encoding"}


def test_a_few_rows_in_an_older_encoding() -> None:
    found = read(("text,label\n" + lines(1000) + lines(3, "très déçu")).encode("cp1252"))
    assert found.contents[-1] == "très déçu 2"
    unsure = b"".join(b"\xd0\x8f\xc6 %d,pos\n" % row for row in range(3))
    found = read(("text,label\n" + lines(1000)).encode() + unsure)
    assert set(found.kinds.values()) == {"encoding"}
    assert (len(found.contents), len(found.refused)) == (1000, 3)
