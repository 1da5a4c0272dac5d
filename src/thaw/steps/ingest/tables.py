"""Readers of CSV, TSV, JSONL and Parquet as records, a few at a time."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ...errors import InputError
from .rows import Refused

Record = tuple[str, dict[str, Any]]
"""Its place in the file, as `name:line`, and its values by column."""

BATCH = 64
"""Parquet rows in memory at a time: with images of a few megabytes, a few hundred megabytes."""
csv.field_size_limit(sys.maxsize)  # the default refuses texts above 128 KiB


def records(path: Path, name: str) -> Iterator[Record | Refused]:
    """The records of one table file.

    Raises:
        InputError: The file as a whole cannot be read.
    """
    return READERS[path.suffix.lower()](path, name)


def _delimited(path: Path, name: str, delimiter: str) -> Iterator[Record | Refused]:
    with open(path, encoding=_encoding(path), newline="") as file:
        reader = csv.reader(file, delimiter=delimiter)
        header = [column.strip() for column in next(reader, [])]
        while True:
            where = f"{name}:{reader.line_num + 1}"
            try:
                values = next(reader, None)
            except csv.Error as error:
                yield Refused(where, f"not a row of the table ({error})")
                continue
            if values is None:
                return
            if values and len(values) != len(header):
                yield Refused(where, f"has {len(values)} values where the header has {len(header)}")
            elif values:
                yield where, dict(zip(header, values, strict=True))


def _csv(path: Path, name: str) -> Iterator[Record | Refused]:
    return _delimited(path, name, ",")


def _tsv(path: Path, name: str) -> Iterator[Record | Refused]:
    return _delimited(path, name, "\t")


def _jsonl(path: Path, name: str) -> Iterator[Record | Refused]:
    with open(path, encoding=_encoding(path)) as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                values = json.loads(line)
            except (ValueError, RecursionError) as error:
                yield Refused(f"{name}:{number}", f"not valid JSON ({error})")
                continue
            if isinstance(values, dict):
                yield f"{name}:{number}", values
            else:
                yield Refused(f"{name}:{number}", "not a JSON object")


def _parquet(path: Path, name: str) -> Iterator[Record | Refused]:
    row = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=BATCH):
                for values in batch.to_pylist():
                    row += 1
                    yield f"{name}:{row}", values
    except PermissionError:
        raise
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{name} is not a whole Parquet file ({error})", "write the file again") from error


def _encoding(path: Path) -> str:
    """UTF-8, with or without a byte order mark; else Latin-1, in which every byte is a letter."""
    with open(path, encoding="utf-8-sig") as file:
        try:
            while file.read(2**20):
                pass
        except UnicodeDecodeError:
            return "latin-1"
    return "utf-8-sig"


READERS: dict[str, Callable[[Path, str], Iterator[Record | Refused]]] = {
    ".csv": _csv,
    ".tsv": _tsv,
    ".jsonl": _jsonl,
    ".parquet": _parquet,
}
