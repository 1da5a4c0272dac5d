"""Tables of a source, opened together: their splits, the images that they name, and what cannot be used."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path, PurePosixPath

import pyarrow as pa

from .... import storage
from ....errors import InputError
from ....records import Reading, SourceOptions, Split
from ..rows import Refused, RowBatch, Source
from ..split_names import splits_named
from ..tables import OpenTable, open_table
from .files import File
from .folder_layout import find_table_splits
from .read_files import read_file

UNLABELLED = ("submission", "test")
"""Words in the names of files that competitions hand out without labels."""


@dataclass(frozen=True)
class TableFile:
    """A table, and where the images lie that it may name."""

    file: File
    base: str
    """Folder or gs:// of the images."""
    split: Split | None = None
    constants: dict[str, str] = field(default_factory=dict)
    """Columns with one value in the whole file, as `label=cat` in the name of a folder says."""


def tables_of_folder(files: Sequence[File], options: SourceOptions, data: str) -> list[TableFile]:
    """Tables with their splits: by folder, or by the words of their names where every name has one."""
    layout = find_table_splits({file.folders for file in files}, options, data)
    named = splits_named(file.base for file in files)
    by_name = layout.split is None and len(named) == len({file.base for file in files}) and "train" in named.values()
    tables = []
    for file in files:
        try:
            split = named[file.base] if by_name else layout.split_of(file.folders)
        except ValueError as error:
            raise InputError(f"{file.name} is {error}", "move it or delete it") from error
        tables.append(TableFile(file, os.path.dirname(file.path), split, _constants(file)))
    return tables


def open_tables(tables: Sequence[TableFile], refused: Sequence[Refused], options: SourceOptions, data: str) -> Source:
    """The rows of all tables, one file after the other.

    Raises:
        InputError: One cannot be read, or they are of several kinds.
    """
    opened, set_aside = _opened(tables, options)
    if not opened:
        raise InputError(f"{data} has no rows", "give a table with a header and rows")
    if len({table.modality for table in opened}) > 1:
        raise InputError(f"{data} has tables of images and tables of texts", "give one kind at a time")
    refused = [*refused, *set_aside]
    batches = chain(_refused_alone(refused), *(table.batches() for table in opened))
    names = {table.class_names for table in opened}
    return Source(
        opened[0].modality,
        batches,
        _merged([table.reading for table in opened]),
        names.pop() if len(names) == 1 else (),
    )


def _opened(tables: Sequence[TableFile], options: SourceOptions) -> tuple[list[OpenTable], list[Refused]]:
    """The tables that have rows; those that are handed out without labels are set aside where others have them."""
    opened, failed = [], []
    for table in tables:
        try:
            load = partial(_image, table.base)
            found = open_table(
                Path(table.file.path), table.file.name, options, load, table.split, constants=table.constants
            )
        except InputError as error:
            if len(tables) == 1 or not any(word in table.file.base.lower() for word in UNLABELLED):
                raise
            failed.append((table, error))
            continue
        opened += [found] if found else []
    if failed and not opened:
        raise failed[0][1]
    return opened, [Refused(table.file.name, "file", error.what) for table, error in failed]


def _image(base: str, name: str) -> bytes:
    """The image file that a cell names, below the table's folder."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or (path.parts[:1] and path.parts[0].endswith(":")):
        raise ValueError(f"the file name {name!r} does not lie below the table")
    try:
        if storage.is_remote(base):
            return storage.read(storage.join(base, str(path)))
        return read_file(os.path.join(base, path))
    except (FileNotFoundError, NotADirectoryError):
        raise ValueError(f"the image file {name!r} is not there") from None


def _constants(file: File) -> dict[str, str]:
    """Columns that folders called `key=value` stand for, as Hive and Spark partition tables."""
    pairs = [folder.partition("=") for folder in file.folders]
    return {key: value for key, equals, value in pairs if key and equals and value}


def _merged(readings: Sequence[Reading]) -> list[Reading]:
    """Equal readings of several files as one."""
    merged: dict[str, Reading] = {}
    for reading in readings:
        key = reading.model_copy(update={"file": "", "files": 1}).model_dump_json()
        known = merged.get(key)
        merged[key] = known.model_copy(update={"files": known.files + 1}) if known else reading
    return list(merged.values())


def _refused_alone(refused: Sequence[Refused]) -> Iterator[RowBatch]:
    """A batch of refused rows alone, if there are any."""
    if refused:
        none = pa.array([], pa.string())
        yield RowBatch(none, none, none, refused=refused)
