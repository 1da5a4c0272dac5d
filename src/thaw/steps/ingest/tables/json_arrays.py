"""JSON files that are an array of objects, read piece by piece."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from ..rows import Refused
from .chunks import MAX_CHUNK, Chunk
from .json_rows import DECODER, TwiceError, chunk_of, flat

MAX_VALUE = 2**26
"""Letters of one row."""
PART_ROWS = 5000
LENIENT = json.JSONDecoder()
BETWEEN = frozenset(" \t\r\n,")


def array_chunks(texts: Iterator[str], name: str, needed: Sequence[str] | None) -> Iterator[Chunk]:
    """The rows of an array. What is broken costs what follows, as one row."""
    rows: list[dict[str, Any]] = []
    positions: list[int] = []
    refused: list[Refused] = []
    held = 0
    for number, (value, letters) in enumerate(_values(texts), 1):
        held += letters
        if isinstance(value, dict):
            rows.append(flat(value))
            positions.append(number)
        else:
            reason = str(value) if isinstance(value, ValueError) else "not a JSON object"
            refused.append(Refused(f"{name}:{number}", "structure", reason))
        if number % PART_ROWS == 0 or held > MAX_CHUNK:
            yield chunk_of(rows, positions, refused, needed)
            rows, positions, refused, held = [], [], [], 0
    yield chunk_of(rows, positions, refused, needed)


def _values(texts: Iterator[str]) -> Iterator[tuple[Any, int]]:
    """The values of an array and their lengths; a ValueError in place of one that cannot be read."""
    text, at = next(texts, "").lstrip("\ufeff \t\r\n")[1:], 0
    while True:
        while at < len(text) and text[at] in BETWEEN:
            at += 1
        if text[at : at + 1] == "]":
            yield from _behind(text[at + 1 :] + next(texts, ""))
            return
        value, end = _decoded(text, at)
        if end < len(text):
            yield value, end - at
            at = end
            continue
        piece = next(texts, None) if len(text) - at < MAX_VALUE else None
        if piece is None and not isinstance(value, ValueError):
            yield value, len(text) - at
            value = "the array breaks off"
        if piece is None:
            yield ValueError(f"not valid JSON, nor is what follows ({value})"), 0
            return
        text, at = text[at:] + piece, 0


def _decoded(text: str, at: int) -> tuple[Any, int]:
    """A value and where it ends; the end of the text where it may go on behind it."""
    try:
        return DECODER.raw_decode(text, at)
    except TwiceError as error:
        try:
            return error, LENIENT.raw_decode(text, at)[1]
        except ValueError:
            return error, len(text)
    except RecursionError:
        return ValueError("nested too deeply"), len(text)
    except ValueError as error:
        return error, len(text)


def _behind(rest: str) -> Iterator[tuple[Any, int]]:
    if rest.strip():
        yield ValueError("the array has ended, and something follows"), 0
