"""Sources opened: what the user names, as rows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from .... import storage
from ....data.archives import is_archive, unpack
from ....data.file_names import decoded_names
from ....errors import InputError
from ....records import SourceOptions
from ....storage import drivers
from ..rows import Refused, Source
from ..tables import is_saved_dataset, is_table, saved_tables
from .addresses import addresses
from .files import File, Found, find_files
from .image_folder import is_image, open_images
from .table_files import TableFile, open_tables, tables_of_folder

SUPPORTED = "images in folders of classes, tables (CSV, TSV, JSON, Parquet, Arrow, Excel), or an archive of these"


def open_source(data: str, options: SourceOptions, scratch: Path) -> Source:
    """The rows of a source, lazily; `scratch` takes what is downloaded and unpacked.

    Raises:
        InputError: There is no dataset.
    """
    named = addresses(data)
    found = Found()
    for number, address in enumerate(named):
        path = _local(address, scratch / f"source-{number}")
        own = _found(path, scratch / f"unpacked-{number}")
        if len(named) == 1 and len(own.files) == 1 and path.is_file() and is_table(path.name):
            base = address.rpartition("/")[0] if storage.is_remote(address) else os.path.dirname(path)
            return open_tables([TableFile(own.files[0], base)], [], options, data)
        if len(named) == 1 and path.is_dir() and is_saved_dataset(path):
            return open_tables(_saved(path), [], options, data)
        found += own if len(named) == 1 else own.below(f"{number}-{path.name}") if path.is_dir() else own
    return open_found(found, options, data)


def open_found(found: Found, options: SourceOptions, data: str) -> Source:
    """The rows in files that are here.

    Raises:
        InputError: They are no dataset.
    """
    pictures = [file for file in found.files if is_image(file)]
    tables = [file for file in found.files if is_table(file.base)]
    known = {file.path for file in (*pictures, *tables)}
    refused = [*found.refused, *(_unknown(file) for file in found.files if file.path not in known)]
    if not found.files and not refused:
        raise InputError(f"the folder {data} is empty", f"give {SUPPORTED}")
    if not pictures and not tables and [file.base for file in found.files] == [os.path.basename(data)]:
        raise InputError(f"{data} is of an unknown type", f"give {SUPPORTED}")
    if not pictures and not tables:
        raise InputError(f"{data} has no images and no tables, but {refused[0].source}", f"give {SUPPORTED}")
    if not tables:
        return open_images(pictures, refused, options, data)
    source = None if pictures else open_tables(tables_of_folder(tables, options, data), refused, options, data)
    return source or _naming_images(tables, refused, options, data)


def _naming_images(tables: Sequence[File], refused: Sequence[Refused], options: SourceOptions, data: str) -> Source:
    """Images and a table together are a dataset only when the table names the images."""
    do = "give a folder of images by class or of tables, or a table with the image files' names in column image"
    try:
        opened = open_tables(tables_of_folder(tables, options, data), refused, options, data)
    except InputError as error:
        raise InputError(f"{data} has both images and tables ({error.what})", do) from error
    if opened.modality != "image":
        raise InputError(f"{data} has both images and tables", do)
    return opened


def _local(address: str, scratch: Path) -> Path:
    """Where the files of an address are, downloaded if they are not here."""
    if drivers.has_scheme(address):
        return drivers.fetch(address, scratch)
    try:
        path = storage.local_path(address, scratch)
    except InputError:
        raise
    except (FileNotFoundError, ValueError) as error:  # ValueError: a NUL in the path
        remote = storage.is_remote(address)
        do = "correct the bucket or the key" if remote else "give a local path or an address such as gs://bucket/folder"
        raise InputError(f"there is nothing at {address}", do) from error
    except OSError as error:
        raise InputError(f"{address} cannot be read ({error.strerror})", "give another path") from error
    if not path.is_dir() and not path.is_file():
        raise InputError(f"{address} is no regular file", f"give {SUPPORTED}")
    return path


def _found(path: Path, scratch: Path) -> Found:
    """The files of a folder or of an archive, or a file itself."""
    if path.is_dir():
        return find_files(str(path))
    if is_archive(path):
        return find_files(str(unpack(path, scratch)))
    (name,) = decoded_names([path.name])
    return Found([File(name, str(path))])


def _saved(folder: Path) -> list[TableFile]:
    """The tables of a folder that `datasets.save_to_disk` wrote."""
    tables = saved_tables(folder)
    return [
        TableFile(File(path.relative_to(folder).as_posix(), str(path)), str(path.parent), split)
        for path, split in tables
    ]


def _unknown(file: File) -> Refused:
    what = f"type {file.suffix!r}" if file.suffix else "type: it has no suffix, and does not begin as an image does"
    return Refused(file.name, "file", f"a file of unknown {what}")
