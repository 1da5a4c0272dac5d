"""WebDataset shards: tar files whose members with one name before the first point are one row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple

from ....data.images import SUFFIXES
from ....data.tar_files import tar_members
from ....errors import InputError
from ..rows import Refused
from .chunks import MAX_CHUNK, Chunk, TableFile
from .json_rows import chunk_of, flat, parse

MAX_ROWS = 1000
MAX_MEMBER_BYTES = 2**28
LOOKED_AT = 32
"""Members that tell whether a tar is such a shard."""
TEXTS = ("txt", "text")
LABELS = ("cls", "cls2", "label", "class", "json", *TEXTS)
"""What stands beside an image."""


class Member(NamedTuple):
    """A file of a row: the row's name, and what follows the point."""

    key: str
    field: str
    size: int
    content: IO[bytes]


def is_webdataset(path: Path) -> bool:
    """Whether the first files of a tar are an image or a text with a label beside it.

    Raises:
        InputError: The archive is damaged.
    """
    fields: dict[str, set[str]] = {}
    for member in islice(_members(path), LOOKED_AT):
        fields.setdefault(member.key, set()).add(member.field)
    return any(_is_row(found) for found in fields.values())


def open_webdataset(path: Path, name: str) -> TableFile:
    """A shard, its members read in order."""

    def chunks(needed: Sequence[str] | None, label: str | None) -> Iterator[Chunk]:
        return _chunks(path, name, needed)

    return TableFile("webdataset", (), chunks)


def _is_row(fields: set[str]) -> bool:
    labels = fields & set(LABELS)
    return bool(labels and ("image" in fields or (labels & set(TEXTS) and labels - set(TEXTS))))


def _members(path: Path) -> Iterator[Member]:
    for name, size, content in tar_members(path):
        file = PurePosixPath(name)
        key, _, rest = file.name.partition(".")
        if key:  # no hidden file
            field = "image" if file.suffix.lower() in SUFFIXES else rest.lower()
            yield Member(str(file.with_name(key)), field, size, content)


def _chunks(path: Path, name: str, needed: Sequence[str] | None) -> Iterator[Chunk]:
    rows: list[dict[str, Any]] = []
    positions: list[int] = []
    refused: list[Refused] = []
    size = 0
    for number, (_, members) in enumerate(groupby(_members(path), lambda member: member.key), 1):
        try:
            row, read = _row(members, needed)
            rows.append(row)
            positions.append(number)
            size += read
        except InputError:
            raise
        except ValueError as error:
            refused.append(Refused(f"{name}:{number}", "structure", str(error)))
        if len(rows) == MAX_ROWS or size > MAX_CHUNK:
            yield chunk_of(rows, positions, refused, needed)
            rows, positions, refused, size = [], [], [], 0
    if rows or refused:
        yield chunk_of(rows, positions, refused, needed)


def _row(members: Iterator[Member], needed: Sequence[str] | None) -> tuple[dict[str, Any], int]:
    """Values by field, those of JSON by dotted names, and how many bytes they take. ValueError with the reason."""
    found: dict[str, Any] = {}
    read, reason = 0, ""
    for member in members:  # all of them, even after a wrong one: they belong to this row
        if needed is not None and member.field == "image" and "image" not in needed:
            continue
        if member.size > MAX_MEMBER_BYTES:
            reason = f"its {member.field} has {member.size:,} bytes (at most {MAX_MEMBER_BYTES:,})"
        elif member.field in found:
            reason = f"has {member.field} twice"
        else:
            content = member.content.read()
            read += len(content)
            try:
                found[member.field] = _value(member.field, content)
            except ValueError as error:
                reason = f"its {member.field} cannot be read ({error})"
    if reason:
        raise ValueError(reason)
    return flat(_with_label(found)), read


def _value(field: str, content: bytes) -> Any:
    if field == "json":
        return parse(content.decode())
    return content.decode().strip() if field in LABELS else content


def _with_label(row: dict[str, Any]) -> dict[str, Any]:
    """The row, where the text beside an image, and nothing else, is its label."""
    labels = row.keys() & set(LABELS)
    if "image" in row and len(labels) == 1 and (text := next(iter(labels))) in TEXTS:
        return {"label" if field == text else field: value for field, value in row.items()}
    return row
