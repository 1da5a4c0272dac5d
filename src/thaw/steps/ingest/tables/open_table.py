"""Opening of a table file: its format, the roles of its columns, and its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ....errors import InputError
from ....records import Modality, Reading, SourceOptions, Split
from ..rows import Refused, RowBatch
from .arrow_files import open_arrow
from .chunks import Column, TableFile, with_constants
from .delimited import open_delimited
from .formats import format_of
from .json_files import open_json
from .label_column import likely_label
from .label_names import Labels, form_of, label_name
from .mojibake import check_texts
from .parquet_files import open_parquet
from .roles import Roles, find_roles, sample_of
from .row_batches import Assembly
from .split_values import NUMBERED, SplitValues, split_name
from .tasks import check_boxes, check_labels
from .tfrecord_files import open_tfrecord
from .values import distinct, python_values
from .webdataset_files import open_webdataset
from .workbooks import open_workbook

SAMPLE_ROWS = 5000


@dataclass(frozen=True)
class OpenTable:
    """A table whose columns are known."""

    modality: Modality
    reading: Reading
    class_names: tuple[str, ...]
    """Names of the classes where the schema has them."""
    _batches: Callable[[], Iterator[RowBatch]] = field(repr=False)

    def batches(self) -> Iterator[RowBatch]:
        """All rows, some at a time, from the start each time.

        Raises:
            InputError: The file is damaged.
        """
        return self._batches()


def open_table(
    path: Path,
    name: str,
    options: SourceOptions,
    load: Callable[[str], bytes],
    split: Split | None = None,
    *,
    constants: Mapping[str, str] = MappingProxyType({}),
) -> OpenTable | None:
    """A table file, its rows not yet read; None when it has none at all.

    Args:
        path: The file.
        name: What it is called in messages, and in the sources of rows.
        options: How it is to be read.
        load: Reads an image file that a cell names; ValueError with the reason when it cannot.
        split: Of all rows, as the file's name or folder says; a split column overrules it.
        constants: Further columns with one value for the whole file.

    Raises:
        InputError: The file as a whole cannot be read, or its columns are not clear.
    """
    printable = name.encode(errors="replace").decode()
    file = opened_file(path, printable, options)
    if file is None:
        return None
    table = with_constants(file, constants)
    columns = sample_columns(table, printable, options)
    if columns is None:
        return None
    sample = sample_of(printable, columns, not all(column.isdigit() for column in columns), load)
    roles = find_roles(sample, options)
    if roles.modality == "image":
        check_boxes(list(columns), printable)
    labels = _labels(columns[roles.label], roles.label, table, printable)
    if not options.encoding:
        check_texts(_sampled_texts(columns, roles), printable)
    values = _split_values(table, roles, columns)
    _check_splits(values, roles, columns, printable)
    assembly = Assembly(printable, roles, labels, split, values, load)

    def batches() -> Iterator[RowBatch]:
        return map(assembly.batch, table.chunks(roles.columns(), roles.label))

    return OpenTable(roles.modality, _reading(table, printable, roles, values, options), tuple(labels.names), batches)


def opened_file(path: Path, name: str, options: SourceOptions) -> TableFile | None:
    """The reader of a file, by its name."""
    format, compression = format_of(name)
    if not path.is_file():
        raise InputError(f"{name} is not a regular file", "give a table")
    if format in ("csv", "tsv"):
        return open_delimited(path, name, format, compression, options)
    if format in ("json", "jsonl"):
        return open_json(path, name, compression, options)
    if format == "parquet":
        return open_parquet(path, name)
    if format == "arrow":
        return open_arrow(path, name)
    return open_workbook(path, name, options) if format == "excel" else open_shard(path, name, format)


def open_shard(path: Path, name: str, format: str) -> TableFile | None:
    """The reader of a file of rows as training pipelines take them."""
    return open_tfrecord(path, name) if format == "tfrecord" else open_webdataset(path, name)


def sample_columns(table: TableFile, name: str, options: SourceOptions) -> dict[str, Column] | None:
    """Values of the first rows; None when there are none."""
    refused: list[Refused] = []
    for chunk in table.chunks(None, likely_label(table.columns, options)):
        refused += chunk.refused
        if len(chunk.positions):
            return {column: values[:SAMPLE_ROWS] for column, values in chunk.columns.items()}
    if refused:
        first = refused[0]
        raise InputError(f"no row of {name} can be read ({first.source}: {first.reason})", "mend the file")
    return None


def _sampled_texts(columns: Mapping[str, Column], roles: Roles) -> list[str]:
    read = [roles.label, *(roles.text.columns if roles.text else ())]
    return [value for column in read for value in python_values(columns[column]) if isinstance(value, str)]


def _labels(column: Column, label: str, table: TableFile, name: str) -> Labels:
    values = python_values(column)
    check_labels(values, label, name)
    form = form_of({found for value in values if (found := label_name(value))})
    return Labels(label, form, table.class_names.get(label, ()))


def _split_values(table: TableFile, roles: Roles, columns: Mapping[str, Column]) -> SplitValues:
    """What the values of the split column mean; all are read where the first are numbers or depend on others."""
    if not roles.split:
        return SplitValues()
    first = _names(columns[roles.split])
    if frozenset(first) in NUMBERED or any(each.lower().startswith("eval") for each in first):
        first = set().union(*(_names(chunk.columns[roles.split]) for chunk in table.chunks([roles.split], None)))
    return SplitValues.of(first)


def _names(column: Column) -> set[str]:
    values = column if isinstance(column, list) else distinct(column)[0]
    return {name for value in values if (name := split_name(value))}


def _check_splits(values: SplitValues, roles: Roles, columns: Mapping[str, Column], name: str) -> None:
    if roles.split and not values.meaning and (found := sorted(_names(columns[roles.split]))):
        what = f"the column {roles.split!r} of {name} has the unknown value {found[0]!r}"
        raise InputError(what, "write train, validation or test, or rename the column")


def _reading(table: TableFile, name: str, roles: Roles, values: SplitValues, options: SourceOptions) -> Reading:
    facts: dict[str, Any] = dict(table.facts)
    found = roles.as_record()
    guessed = [f"{role}_column" for role in found if role in ("text", "label", "split") and not _said(options, role)]
    return Reading(
        file=name,
        format=table.format,
        columns=found,
        splits=dict(values.meaning),
        class_names="schema" if roles.label in table.class_names else "",
        guessed=(*table.guessed, *guessed),
        **facts,
    )


def _said(options: SourceOptions, role: str) -> bool:
    return bool(getattr(options, f"{role}_column"))
