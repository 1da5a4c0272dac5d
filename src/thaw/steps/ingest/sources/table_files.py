"""Table files of a source: which are read, with which split and constants."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from ....errors import InputError
from ....records import SourceOptions, Split
from ..rows import Refused
from ..split_names import splits_named
from ..tables import is_saved_dataset, saved_tables
from .files import File
from .folder_layout import find_table_splits

SAVED = ("dataset_dict.json", "dataset_info.json", "state.json")
"""What `datasets.save_to_disk` writes beside the tables."""
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True)
class TableFile:
    """A table that is to be read."""

    file: File
    split: Split | None = None
    split_name: str = ""
    """What the source calls that split."""
    constants: dict[str, str] = field(default_factory=dict)
    """Columns with one value in the whole file, as `label=cat` in the name of a folder says."""

    @property
    def base(self) -> str:
        """Folder or address of the files that it may name."""
        return self.file.origin or os.path.dirname(self.file.path)


@dataclass
class Tables:
    """The tables of a source, and the files that are set aside."""

    tables: list[TableFile]
    refused: list[Refused] = field(default_factory=list)
    guessed: bool = False
    """Whether splits were found in names of files or folders, and no option says so."""


def tables_of_folder(files: Sequence[File], options: SourceOptions, data: str) -> Tables:
    """Tables with their splits: by folder, or by the words of their names.

    Raises:
        InputError: Some stand in splits, and others do not.
    """
    files, refused = _without_submissions(files)
    if options.split_folders == "no":
        return Tables([TableFile(file, constants=_constants(file)) for file in files], refused)
    folders = {file.path: tuple(each for each in file.folders if "=" not in each) for file in files}
    layout = find_table_splits(set(folders.values()), options, data)
    if layout.split is None:
        return _by_name(files, refused, options, data)
    tables = []
    for file in files:
        try:
            split, name = layout.split_of(folders[file.path]), folders[file.path][layout.split]
        except (ValueError, IndexError) as error:
            raise InputError(f"{file.name} is {error}", "move it or delete it") from error
        tables.append(TableFile(file, split, name, _constants(file)))
    return Tables(tables, refused, layout.guessed)


def _by_name(files: Sequence[File], refused: list[Refused], options: SourceOptions, data: str) -> Tables:
    named = splits_named(file.base for file in files)
    several = len(set(named.values())) > 1
    stray = next((file.name for file in files if file.base not in named), "")
    if several and stray:
        which = " and ".join(repr(name) for name in sorted(named)[:2])
        raise InputError(
            f"{which} of {data} look like splits, and {stray!r} belongs to none",
            "move it away, or give --split-folders no to read all as one table",
        )
    if stray or "train" not in named.values():
        return Tables([TableFile(file, constants=_constants(file)) for file in files], refused)
    tables = [TableFile(file, named[file.base], file.base, _constants(file)) for file in files]
    return Tables(tables, refused, guessed=several and not options.split_folders)


def saved_in(files: Sequence[File]) -> Tables | None:
    """The tables of folders that `datasets.save_to_disk` wrote, and what else lies there; None without such a folder.

    Raises:
        InputError: A saved dataset is not whole.
    """
    roots = sorted({Path(file.path).parent for file in files if file.base in SAVED}, key=lambda path: len(path.parts))
    saved = [root for root in roots if is_saved_dataset(root)]
    saved = [root for root in saved if not any(other in root.parents for other in saved)]
    if not saved:
        return None
    splits = {str(path): split for root in saved for path, split in saved_tables(root)}
    tables = [TableFile(file, splits[file.path], splits[file.path] or "") for file in files if file.path in splits]
    rest = [file for file in files if file.path not in splits and file.base not in SAVED]
    return Tables(tables, [Refused(file.name, "file", "no part of the saved dataset") for file in rest])


def _without_submissions(files: Sequence[File]) -> tuple[list[File], list[Refused]]:
    """The files without those that show competitors how to hand in."""
    shown = [file for file in files if "submission" in file.base.lower()]
    if not shown or len(shown) == len(files):
        return list(files), []
    reason = "a sample of a submission: its labels are made up"
    return [file for file in files if file not in shown], [Refused(file.name, "file", reason) for file in shown]


def _constants(file: File) -> dict[str, str]:
    """Columns that folders called `key=value` stand for, as Hive and Spark partition tables."""
    pairs = [folder.partition("=") for folder in file.folders]
    return {key: unquote(value) for key, equals, value in pairs if key and value and value != NO_VALUE}
