"""Rows for another process: it maps the same files."""

from __future__ import annotations

from typing import Any

import numpy as np

from .examples import TextExamples

MAPPED = ("tokens", "hidden")


def to_message(examples: TextExamples) -> dict[str, Any]:
    """The examples' fields, with the places of memory maps in their files instead of the maps."""
    maps = {name: getattr(examples, name) for name in MAPPED}
    files = {
        name: None if array is None else (array.filename, array.dtype, array.offset, array.shape)
        for name, array in maps.items()
    }
    return vars(examples) | files


def from_message(fields: dict[str, Any]) -> TextExamples:
    """The examples that `to_message` described, in a process that sees the same files."""
    maps = {name: None if fields[name] is None else open_map(*fields[name]) for name in MAPPED}
    return TextExamples(**fields | maps)


def open_map(filename: str, dtype: np.dtype, offset: int, shape: tuple[int, ...]) -> np.memmap:
    return np.memmap(filename, dtype, "r", offset, shape)
