"""Rows of whatever the user names: a folder, a table or an archive, here or in a bucket."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from ... import storage
from ...data import images
from ...data.archives import is_archive, unpack
from ...errors import InputError
from ...records import Split
from .columns import Roles, find_roles, read_record
from .folders import files_below, image_rows, split_folders, split_of, unwrap
from .rows import RawRow, Refused, Source
from .splits import NAMES
from .tables import READERS, records

SUPPORTED = "a folder of images by class, a CSV, TSV, JSONL or Parquet file, a folder of those, or a zip or tar of any"
SAMPLE_RECORDS = 100
"""Records that the roles of the columns are found by."""


@dataclass(frozen=True)
class Table:
    """A table file: its path, its name in messages, and the folder or bucket of the image files that it may name."""

    path: Path
    name: str
    base: str
    split: Split | None


def open_source(data: str, scratch: Path) -> Source:
    """The rows of a URI, lazily; `scratch` takes what is downloaded and unpacked.

    Raises:
        InputError: The URI holds no dataset.
    """
    path = _local_copy(data, scratch)
    if path.is_file() and is_archive(path):
        return _folder(unwrap(unpack(path, scratch / "unpacked")), data)
    if path.is_dir():
        return _folder(path, data)
    if path.suffix.lower() not in READERS:
        raise InputError(f"{data} is of an unknown type", f"give {SUPPORTED}")
    base = data.rsplit("/", 1)[0] if storage.is_remote(data) else str(path.parent)
    return _tables([Table(path, path.name, base, None)], data, [])


def _local_copy(data: str, scratch: Path) -> Path:
    try:
        return storage.local_path(data, scratch / "source")
    except FileNotFoundError as error:
        remote = storage.is_remote(data)
        do = "correct the bucket or the key" if remote else "give a local path or a gs:// URI"
        raise InputError(f"there is nothing at {data}", do) from error


def _folder(root: Path, data: str) -> Source:
    names = files_below(root)
    if not names:
        raise InputError(f"the folder {data} is empty", f"give {SUPPORTED}")
    pictures = [name for name in names if name.suffix.lower() in images.SUFFIXES]
    tables = [name for name in names if name.suffix.lower() in READERS]
    other = [
        Refused(str(name), f"a file of unknown type {name.suffix!r}")
        for name in sorted({*names} - {*pictures, *tables})
    ]
    if not pictures and not tables:
        raise InputError(f"{data} has no images and no tables, but {other[0].source}", f"give {SUPPORTED}")
    if not tables:
        return Source("image", itertools.chain(other, image_rows(root, pictures)))
    if len({name.suffix.lower() for name in tables}) > 1:
        raise InputError(f"{data} has tables of several types", "give tables of one type")
    source = partial(_tables, _in_folder(root, tables), data, other)
    return _of_named_images(source, data) if pictures else source()


def _of_named_images(source: partial[Source], data: str) -> Source:
    """Images and a table together are a dataset only when the table names the images."""
    try:
        opened = source()
    except InputError:
        opened = None
    if opened is None or opened.modality != "image":
        do = "give a folder of images by class or of tables, or a table with the image files' names in column image"
        raise InputError(f"{data} has both images and tables", do)
    return opened


def _in_folder(root: Path, names: Sequence[PurePosixPath]) -> list[Table]:
    """Tables with their splits: by top folder, or by the first word when every file's name begins with a split."""
    stems = [NAMES.get(name.stem.lower().replace("_", "-").replace(".", "-").split("-")[0]) for name in names]
    if split_folders(names):
        splits = [split_of(name) for name in names]
        if None in splits:
            stray = names[splits.index(None)]
            raise InputError(
                f"{stray} lies in no folder train, validation or test, as others do", "move it or delete it"
            )
    else:
        splits = stems if None not in stems and "train" in stems else [None] * len(names)
    return [
        Table(root / name, str(name), str((root / name).parent), split)
        for name, split in zip(names, splits, strict=True)
    ]


def _tables(tables: Sequence[Table], data: str, refused: list[Refused]) -> Source:
    opened = [(table, found) for table in tables if (found := _roles(table))]
    if not opened:
        raise InputError(f"{data} has no rows", f"give {SUPPORTED}")
    modality = opened[0][1].modality
    if any(found.modality != modality for _, found in opened):
        raise InputError(f"{data} has tables of images and tables of texts", "give one kind at a time")
    return Source(modality, itertools.chain(refused, *(_rows(table, found) for table, found in opened)))


def _roles(table: Table) -> Roles | None:
    """The roles of the table's columns; None when it has no rows at all."""
    sample: list[dict[str, Any]] = []
    refused: list[Refused] = []
    for record in records(table.path, table.name):
        if isinstance(record, Refused):
            refused.append(record)
        else:
            sample.append(record[1])
        if len(sample) == SAMPLE_RECORDS:
            break
    if not sample and refused:
        raise InputError(
            f"no row of {table.name} can be read ({refused[0].source}: {refused[0].reason})", "mend the file"
        )
    return find_roles(sample, table.name) if sample else None


def _rows(table: Table, found: Roles) -> Iterator[RawRow | Refused]:
    def load(name: str) -> bytes:
        try:
            return storage.read(storage.join(table.base, name))
        except FileNotFoundError:
            raise ValueError(f"the image file {name!r} is not there") from None

    for record in records(table.path, table.name):
        yield record if isinstance(record, Refused) else read_record(*record, found, table.split, load)
