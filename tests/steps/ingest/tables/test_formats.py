"""One table in every format gives the same rows and classes."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from tests.steps.ingest.tables.opened import read
from thaw.errors import InputError
from thaw.steps.ingest.tables import SUFFIXES, is_table

openpyxl = import_module("openpyxl")  # it has no types
ROWS = 30
TEXTS = [f"text number {row}, é" for row in range(ROWS)]


def parquet(table: pa.Table) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file)
    return file.getvalue()


def arrow(new: Callable[..., Any]) -> Callable[[pa.Table], bytes]:
    def write(table: pa.Table) -> bytes:
        file = io.BytesIO()
        with new(file, table.schema) as writer:
            writer.write_table(table, max_chunksize=7)
        return file.getvalue()

    return write


def feather(table: pa.Table) -> bytes:
    file = io.BytesIO()
    pyarrow.feather.write_feather(table, file, compression="zstd")
    return file.getvalue()


def excel(table: pa.Table) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.create_sheet("rows")
    sheet.append(table.column_names)
    for row in table.to_pylist():
        sheet.append(list(row.values()))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def csv(table: pa.Table) -> bytes:
    return table.to_pandas().to_csv(index=False).encode()


def json_lines(table: pa.Table) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in table.to_pylist()).encode()


WRITERS: dict[str, Callable[[pa.Table], bytes]] = {
    "x.csv": csv,
    "x.tsv": lambda table: table.to_pandas().to_csv(index=False, sep="\t").encode(),
    "x.jsonl": json_lines,
    "x.ndjson": json_lines,
    "x.json": lambda table: json.dumps(table.to_pylist()).encode(),
    "lines.json": json_lines,
    "data.json": lambda table: json.dumps({"version": "1", "data": table.to_pylist()}, indent=1).encode(),
    "columns.json": lambda table: table.to_pandas().to_json().encode(),
    "lists.json": lambda table: json.dumps(table.to_pydict()).encode(),
    "x.parquet": parquet,
    "x.arrow": arrow(pa.ipc.new_file),
    "stream.arrow": arrow(pa.ipc.new_stream),
    "x.feather": feather,
    "x.xlsx": excel,
    "x.csv.gz": lambda table: gzip.compress(csv(table)),
    "x.csv.bz2": lambda table: bz2.compress(csv(table)),
    "x.csv.xz": lambda table: lzma.compress(csv(table)),
    "x.csv.zst": lambda table: pa.compress(csv(table), "zstd", asbytes=True),
    "X.JSONL.GZ": lambda table: gzip.compress(json_lines(table)),
}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize(
    ("values", "classes"),
    [
        ([row % 2 for row in range(ROWS)], ["0", "1"]),
        ([float(row % 2) for row in range(ROWS)], ["0", "1"]),
        ([row % 2 == 1 for row in range(ROWS)], ["0", "1"]),
        ([("cat", " dog ")[row % 2] for row in range(ROWS)], ["cat", "dog"]),
        ([row % 2 + 0.5 for row in range(ROWS)], ["0.5", "1.5"]),
    ],
    ids=["int", "float", "bool", "str", "halves"],
)
def test_every_format_gives_the_same_rows(name: str, values: list[Any], classes: list[str]) -> None:
    found = read(WRITERS[name](pa.table({"text": TEXTS, "label": values})), name)
    assert found.contents == TEXTS
    assert found.labels == [classes[row % 2] for row in range(ROWS)]
    assert not found.refused
    assert found.table.reading.columns == {"text": "text", "label": "label"}
    assert found.sources[0].startswith(f"{name}:")


@pytest.mark.parametrize("name", WRITERS)
def test_half_a_file_is_refused_or_its_rows_are_right(name: str) -> None:
    data = WRITERS[name](pa.table({"text": TEXTS, "label": [row % 2 for row in range(ROWS)]}))
    try:
        found = read(data[: len(data) * 2 // 3], name)
    except InputError:
        return
    assert found.contents == TEXTS[: len(found.contents)]
    assert len(found.contents) >= ROWS // 3


def test_names_of_tables() -> None:
    assert all(is_table(f"x{suffix}") for suffix in SUFFIXES)
    assert is_table("train-00000.CSV.gz")
    assert not any(map(is_table, ("x.txt", "x.tar.gz", "x.parquet.gz", "csv", "x.json.zip")))


BINARY = ("x.parquet", "x.arrow", "x.feather", "x.xlsx", "x.xls", "x.ods", "x.csv.gz", "x.json.xz", "x.csv.zst")


@pytest.mark.parametrize("name", BINARY)
def test_a_file_that_is_another(name: str) -> None:
    for content in (b"no such thing", b"PK\3\4 cut off", b"ARROW1 cut off", b"PAR1PAR1"):
        with pytest.raises(InputError, match=r"is not a whole|is damaged"):
            read(content, name)
