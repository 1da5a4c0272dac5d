"""Roles of a table's columns (label, split, content), and rows made of its records."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from ...data.images import SUFFIXES
from ...errors import InputError
from ...records import Modality, Split
from .rows import RawRow, Refused
from .splits import NAMES

LABELS = ("label", "class", "target", "category")
TEXTS = ("text", "sentence", "content", "review", "document")
IMAGES = ("image", "file", "path", "file_name", "filename")


@dataclass(frozen=True)
class Roles:
    modality: Modality
    label: str
    content: str
    split: str | None


def find_roles(sample: Sequence[dict[str, Any]], name: str) -> Roles:
    """What the columns of table `name` are, by their names and the values of its first records."""
    columns = list(dict.fromkeys(column for record in sample for column in record))
    by_name = {column.lower(): column for column in reversed(columns)}
    label = _first(LABELS, by_name)
    if label is None:
        found = ", ".join(columns)
        raise InputError(f"{name} has no label column (its columns: {found})", f"call it {' or '.join(LABELS)}")
    split = by_name.get("split")
    image = next((by_name[key] for key in IMAGES if _any(sample, by_name.get(key), _is_image)), None)
    if image is not None:
        return Roles("image", label, image, split)
    text = _first(TEXTS, by_name) or _only_text(columns, sample, {label, split}, name)
    return Roles("text", label, text, split)


def read_record(
    where: str, record: dict[str, Any], roles: Roles, split: Split | None, load: Callable[[str], bytes]
) -> RawRow | Refused:
    """A record as a row; `load` reads an image file that it names.

    Raises:
        InputError: Its split has an unknown name.
    """
    if roles.split is not None:
        split = _split(record.get(roles.split), where, roles.split)
    label = label_name(record.get(roles.label))
    if label is None:
        return Refused(where, f"no label in column {roles.label!r}")
    value = record.get(roles.content)
    if roles.modality == "text":
        if not isinstance(value, str):
            return Refused(where, f"no text in column {roles.content!r}")
        return RawRow(lambda: value.encode(), label, split, where)
    return RawRow(lambda: _image(value, load), label, split, where)


def label_name(value: Any) -> str | None:
    """The name of a class: whole numbers and truth values as "0", "1", …; None where there is none."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, int | str):
        return str(value).strip() or None
    return None


def _split(value: Any, where: str, column: str) -> Split:
    split = NAMES.get(str(value).strip().lower())
    if split is None:
        what = f"{where}: the column {column!r} has the unknown value {value!r}"
        raise InputError(what, "write train, validation or test")
    return split


def _image(value: Any, load: Callable[[str], bytes]) -> bytes:
    """The image file in a cell: its bytes, Hugging Face's {bytes, path}, base64 in JSON, or a file name."""
    if isinstance(value, dict):
        content = value.get("bytes")
        return _image(value.get("path") if content is None else content, load)
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str) or not value:
        raise ValueError("no image")
    if not _names_image(value):
        try:
            return base64.b64decode(value, validate=True)
        except binascii.Error:
            raise ValueError("neither the name of an image file nor base64") from None
    if PurePosixPath(value).is_absolute() or ".." in PurePosixPath(value).parts:
        raise ValueError(f"the file name {value!r} does not lie below the table")
    return load(value)


def _names_image(value: str) -> bool:
    return PurePosixPath(value).suffix.lower() in SUFFIXES


def _is_image(value: Any) -> bool:
    return isinstance(value, bytes) or (isinstance(value, str) and _names_image(value)) or _is_struct(value)


def _is_struct(value: Any) -> bool:
    return isinstance(value, dict) and bool({"bytes", "path"} & value.keys())


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not _is_number(value)


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return not value.strip()
    return True


def _any(sample: Iterable[dict[str, Any]], column: str | None, test: Callable[[Any], bool]) -> bool:
    return column is not None and any(test(record.get(column)) for record in sample)


def _first(names: Iterable[str], by_name: dict[str, str]) -> str | None:
    return next((by_name[name] for name in names if name in by_name), None)


def _only_text(columns: Sequence[str], sample: Sequence[dict[str, Any]], other: set[str | None], name: str) -> str:
    left = [column for column in columns if column not in other and _any(sample, column, _is_text)]
    if len(left) != 1:
        found = ", ".join(columns)
        what = f"{name} has no text column by name, and {len(left) or 'no'} columns of text (its columns: {found})"
        raise InputError(what, f"call it {' or '.join(TEXTS)}, or an image column image")
    return left[0]
