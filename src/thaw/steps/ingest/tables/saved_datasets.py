"""Folders that `save_to_disk` of the library `datasets` writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ....errors import InputError
from ....records import Split
from ..split_names import NAMES, split_named

UNLABELLED = ("unsupervised", "unlabelled", "unlabeled")
"""Splits without labels, whose rows are refused one by one."""


def is_saved_dataset(folder: Path) -> bool:
    """Whether a folder is a saved dataset, or a dictionary of such by split."""
    return (folder / "dataset_dict.json").is_file() or _is_one(folder)


def _is_one(folder: Path) -> bool:
    return (folder / "state.json").is_file() and (folder / "dataset_info.json").is_file()


def saved_tables(folder: Path) -> list[tuple[Path, Split | None]]:
    """The table files of a saved dataset, with the split of each; None where it has no splits.

    Raises:
        InputError: The folder lacks files, or a split has an unknown name.
    """
    if not (folder / "dataset_dict.json").is_file():
        return [(path, None) for path in _files(folder)]
    names = _json(folder / "dataset_dict.json").get("splits")
    if not isinstance(names, list) or not all(isinstance(name, str) and Path(name).name == name for name in names):
        raise _broken(folder / "dataset_dict.json")
    return [(path, _split(name, folder)) for name in names for path in _files(folder / name)]


def _split(name: str, folder: Path) -> Split | None:
    split = split_named(name)
    if split is None and name.lower() not in UNLABELLED:
        known = ", ".join(sorted(set(NAMES.values())))
        raise InputError(f"the saved dataset {folder.name} has a split {name!r}", f"save it with splits {known} alone")
    return split


def _files(folder: Path) -> list[Path]:
    entries = _json(folder / "state.json").get("_data_files")
    names = [entry.get("filename") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    if not all(isinstance(name, str) and Path(name).name == name and (folder / name).is_file() for name in names):
        raise _broken(folder / "state.json")
    return [folder / str(name) for name in names]


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError, RecursionError) as error:
        raise _broken(path) from error
    if not isinstance(value, dict):
        raise _broken(path)
    return value


def _broken(path: Path) -> InputError:
    what = f"{path.parent.name}/{path.name} does not describe a saved dataset whose files are all there"
    return InputError(what, "save the dataset again")
