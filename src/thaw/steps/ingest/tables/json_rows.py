"""Values of JSON: rows as columns, with nested fields by dotted names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..rows import Refused
from .chunks import Chunk

MAX_DEPTH = 20


def parse(text: str) -> Any:
    """A JSON value. ValueError with the reason; a key that stands twice is one."""
    try:
        return DECODER.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


class TwiceError(ValueError):
    """A key of a JSON object stands twice."""


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object, each of whose keys stands once."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise TwiceError(f"the key {twice!r} stands twice")
    return found


DECODER = json.JSONDecoder(object_pairs_hook=once)


def flat(row: dict[str, Any], depth: int = 0) -> dict[str, Any]:
    """Nested objects as columns of dotted names; an image with its path or bytes stays one value.

    >>> flat({"text": "a", "meta": {"label": {"name": "b"}}, "image": {"bytes": "x", "path": None}})
    {'text': 'a', 'meta.label.name': 'b', 'image': {'bytes': 'x', 'path': None}}
    """
    if not any(isinstance(value, dict) for value in row.values()) and "".join(row).isascii():
        return row
    found: dict[str, Any] = {}
    for key, value in row.items():
        name = key.encode(errors="replace").decode()
        if isinstance(value, dict) and value and not value.keys() <= {"bytes", "path"} and depth < MAX_DEPTH:
            found.update({f"{name}.{below}": each for below, each in flat(value, depth + 1).items()})
        else:
            found[name] = value
    return found


def chunk_of(
    rows: Sequence[dict[str, Any]], positions: Sequence[int], refused: Sequence[Refused], needed: Iterable[str] | None
) -> Chunk:
    """Rows as columns; None where a row has no value."""
    columns = dict.fromkeys(column for row in rows for column in row) if needed is None else needed
    values = {column: [row.get(column) for row in rows] for column in columns}
    return Chunk(values, np.array(positions, np.int64), refused)
