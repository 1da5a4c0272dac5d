"""Sources opened: what the user names, as rows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ....errors import InputError
from ....records import SourceOptions
from ..rows import Refused, Source
from ..tables import is_table
from .addresses import addresses
from .files import File, Found
from .gathering import SUPPORTED, gather, is_tar
from .image_folder import is_image, open_images
from .open_tables import open_tables
from .table_files import saved_in, tables_of_folder

DESCRIPTIONS = frozenset(["dataset_infos.json", "features.json", *(f"dataset_{n}.json" for n in ("info", "dict"))])
"""Files that describe tables, and have no rows; TensorFlow Datasets and `datasets` write them."""


def open_source(data: str, options: SourceOptions, scratch: Path) -> Source:
    """The rows of a source, lazily; `scratch` takes what is downloaded and unpacked.

    Raises:
        InputError: There is no dataset.
    """
    return open_found(gather(addresses(data), scratch), options, data)


def open_found(found: Found, options: SourceOptions, data: str) -> Source:
    """The rows in files that are here.

    Raises:
        InputError: They are no dataset.
    """
    if saved := saved_in(found.files):
        return open_tables(saved, [], found.refused, options, data)
    pictures = [file for file in found.files if is_image(file)]
    tables = [file for file in found.files if _has_rows(file)]
    known = {file.path for file in (*pictures, *tables)}
    refused = [*found.refused, *(_unknown(file) for file in found.files if file.path not in known)]
    if not pictures and not tables:
        raise _no_dataset(found, refused, data)
    if not tables:
        return open_images(pictures, refused, options, data)
    if pictures:
        return _naming_images(tables, pictures, refused, options, data)
    return open_tables(tables_of_folder(tables, options, data), [], refused, options, data)


def _has_rows(file: File) -> bool:
    return (is_table(file.base) or is_tar(file)) and file.base.lower() not in DESCRIPTIONS


def _naming_images(
    tables: Sequence[File], pictures: Sequence[File], refused: Sequence[Refused], options: SourceOptions, data: str
) -> Source:
    """Images and tables together are a dataset only when the tables name the images."""
    do = "give a folder of images by class or of tables, or a table with the image files' names in column image"
    try:
        opened = open_tables(tables_of_folder(tables, options, data), pictures, refused, options, data)
    except InputError as error:
        raise InputError(f"{data} has both images and tables ({error.what})", do) from error
    if opened.modality != "image":
        raise InputError(f"{data} has both images and tables", do)
    return opened


def _no_dataset(found: Found, refused: Sequence[Refused], data: str) -> InputError:
    do = f"give {SUPPORTED}"
    if not refused:
        return InputError(f"the folder {data} is empty", do)
    if [file.base for file in found.files] == [os.path.basename(data)]:
        return InputError(f"{data} is of an unknown type", do)
    return InputError(f"{data} has no images and no tables, but {refused[0].source} ({refused[0].reason})", do)


def _unknown(file: File) -> Refused:
    if file.base.lower() in DESCRIPTIONS:
        return Refused(file.name, "file", "a description of data, without rows")
    what = f"type {file.suffix!r}" if file.suffix else "type: it has no suffix, and does not begin as an image does"
    return Refused(file.name, "file", f"a file of unknown {what}")
