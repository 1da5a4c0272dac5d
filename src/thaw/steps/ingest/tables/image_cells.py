"""Images in the cells of a table: their bytes, base64, or the names of files."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from functools import partial
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from ....data.images import SUFFIXES
from .chunks import Column
from .values import python_value

MAGIC = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"RIFF", b"II*\0", b"MM\0*", b"P4", b"P5", b"P6")
ENCODED = ("/9j/", "iVBORw0KGgo", "R0lGOD", "UklGR", "Qk", "SUkqA", "TU0AK", "data:image/")
"""What base64 of an image file begins with, or a data address."""
Load = Callable[[str], bytes]


def readers(column: Column, load: Load) -> list[Callable[[], bytes]]:
    """For each row what reads its image."""
    if isinstance(column, list):
        return [partial(image_bytes, value, load) for value in column]
    return [partial(_of_scalar, value, load) for value in column]


def named_file(reader: Callable[[], bytes]) -> str:
    """The name of the file that a row's reader reads; empty where the cell holds the image itself."""
    value = reader.args[0] if isinstance(reader, partial) else None
    value = python_value(value) if hasattr(value, "as_py") else value
    if isinstance(value, dict) and value.get("bytes") is None:
        value = value.get("path")
    try:
        return file_name(value) if isinstance(value, str) and names_image(value) else ""
    except ValueError:
        return ""


def _of_scalar(scalar: Any, load: Load) -> bytes:
    return image_bytes(python_value(scalar), load)


def image_bytes(value: Any, load: Load) -> bytes:
    """The image file in a cell: its bytes, Hugging Face's {bytes, path}, base64, or a file name.

    Raises:
        ValueError: There is none, with the reason.
    """
    if isinstance(value, dict):
        content = value.get("bytes")
        return image_bytes(value.get("path") if content is None else content, load)
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str) or not value.strip():
        raise ValueError("no image")
    return load(file_name(value)) if names_image(value) else _decoded(value)


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value.split(",", 1)[1] if value.startswith("data:image/") else value, validate=True)
    except (binascii.Error, ValueError, IndexError):
        raise ValueError("neither the name of an image file nor base64") from None


def file_name(value: str) -> str:
    """The name of an image file below the table, with slashes.

    Raises:
        ValueError: It does not lie below the table.
    """
    path = PurePosixPath(value.strip().replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or PureWindowsPath(value.strip()).drive:
        raise ValueError(f"the file name {value!r} does not lie below the table")
    return str(path)


def names_image(value: Any) -> bool:
    """Whether a value ends like the name of an image file, and is no address."""
    if not isinstance(value, str) or "://" in value or value.startswith("data:"):
        return False
    return PurePosixPath(value.strip()).suffix.lower() in SUFFIXES


def holds_image(value: Any) -> bool:
    """Whether a value is an image itself."""
    if isinstance(value, bytes):
        return value.startswith(MAGIC)
    if isinstance(value, dict):
        return bool({"bytes", "path"} & value.keys())
    return isinstance(value, str) and value.startswith(ENCODED) and len(value) > 64 and " " not in value[:64]
