"""Tables of a source, opened together as one source of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import pyarrow as pa

from ....errors import InputError
from ....records import Reading, SourceOptions
from ..rows import Refused, RowBatch, Source
from ..split_names import split_word
from ..tables import OpenTable, named_file, open_table
from .files import File
from .named_images import ImageIndex, NamedImages, images_beside
from .table_files import TableFile, Tables

Opened = tuple[OpenTable, NamedImages]


def open_tables(
    tables: Tables, pictures: Sequence[File], refused: Sequence[Refused], options: SourceOptions, data: str
) -> Source:
    """The rows of all tables, one file after the other; `pictures` are the images that they may name.

    Raises:
        InputError: One cannot be read, or they are of several kinds.
    """
    index = ImageIndex.of(pictures)
    opened, set_aside = _opened(tables, index, options)
    if not opened:
        raise InputError(f"{data} has no rows", "give a table with a header and rows")
    if len({table.modality for table, _ in opened}) > 1:
        raise InputError(f"{data} has tables of images and tables of texts", "give one kind at a time")
    known = [*refused, *tables.refused, *set_aside]
    batches = chain(_refused_alone(known), *(_noted(*each) for each in opened), _unnamed(index))
    names = {table.class_names for table, _ in opened}
    readings = [_with_splits(table.reading, tables) for table, _ in opened]
    return Source(opened[0][0].modality, batches, _merged(readings), names.pop() if len(names) == 1 else ())


def _opened(tables: Tables, index: ImageIndex, options: SourceOptions) -> tuple[list[Opened], list[Refused]]:
    """The tables that have rows; those that lack labels, as contests hand out, or describe others are set aside."""
    opened: list[Opened] = []
    failed: list[tuple[File, InputError]] = []
    for table in tables.tables:
        try:
            opened += _open(table, index, options)
        except InputError as error:
            if len(tables.tables) == 1 or not _may_fail(table):
                raise
            failed.append((table.file, error))
    if failed and not opened:
        raise failed[0][1]
    return opened, [Refused(file.name, "file", error.what) for file, error in failed]


def _open(table: TableFile, index: ImageIndex, options: SourceOptions) -> list[Opened]:
    images = images_beside(table.base, table.file.name, index)
    path, name = Path(table.file.path), table.file.name
    found = open_table(path, name, options, images, table.split, constants=table.constants)
    return [(found, images)] if found else []


def _may_fail(table: TableFile) -> bool:
    """Whether a table may have no rows for us: one to be tested on, or a JSON file that describes others."""
    return table.split == "test" or split_word(table.file.base) == "test" or table.file.suffix == ".json"


def _noted(table: OpenTable, images: NamedImages) -> Iterator[RowBatch]:
    """The batches of a table; the images that its rows name are noted."""
    for batch in table.batches():
        if images.index.files and not isinstance(batch.contents, pa.Array):
            for reader in batch.contents:
                if name := named_file(reader):
                    images.note(name)
        yield batch


def _unnamed(index: ImageIndex) -> Iterator[RowBatch]:
    """Images that no row has named, once all tables are read."""
    yield from _refused_alone(list(index.unnamed()))


def _with_splits(reading: Reading, tables: Tables) -> Reading:
    """The reading, with what the files or folders of splits are called."""
    named = {table.split_name: table.split for table in tables.tables if table.split and table.split_name}
    if not named or reading.splits:
        return reading
    guessed = (*reading.guessed, "split_folders") if tables.guessed else reading.guessed
    return reading.model_copy(update={"splits": named, "guessed": guessed})


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
