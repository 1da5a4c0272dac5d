"""JSON files of every form."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from ....errors import InputError
from ....records import SourceOptions
from .chunks import Chunk, TableFile
from .encodings import find_encoding, utf8_blocks
from .json_arrays import array_chunks
from .json_documents import MAX_DOCUMENT, document_chunks, document_rows
from .json_lines import line_chunks
from .json_rows import parse
from .lines import lines_of
from .text_blocks import character_blocks, line_blocks, raw_blocks

Chunks = Callable[[Sequence[str] | None], Iterator[Chunk]]


def open_json(path: Path, name: str, compression: str, options: SourceOptions) -> TableFile | None:
    """A JSON file; None when it is empty. Whether it is an array, an object or lines is seen from its beginning.

    Raises:
        InputError: It holds no rows.
    """
    raw = partial(raw_blocks, path, name, compression)
    encoding = find_encoding(character_blocks(raw()), name, options.encoding)

    def blocks() -> Iterator[bytes]:
        return utf8_blocks(raw(), encoding.name)

    beginning = next((block for block in blocks() if block.strip()), b"").lstrip()
    if not beginning:
        return None
    format, chunks = _reader(beginning, blocks, name)
    facts = {"compression": compression, "encoding": encoding.name}
    guessed = ("encoding",) if encoding.guessed else ()
    return TableFile(format, (), lambda needed, label: chunks(needed), facts, guessed)


def _reader(beginning: bytes, blocks: Callable[[], Iterator[bytes]], name: str) -> tuple[str, Chunks]:
    if _is_array(beginning):
        return "json", lambda needed: array_chunks(_texts(blocks()), name, needed)
    if _is_lines(beginning):
        return "jsonl", lambda needed: line_chunks(line_blocks(blocks(), name), name, needed)
    rows = document_rows(_whole(blocks(), name), name)
    return "json", lambda needed: document_chunks(rows, name, needed)


def _is_array(beginning: bytes) -> bool:
    """Whether it is an array of objects, rather than lines each of which is an array."""
    return beginning[:1] == b"[" and beginning[1:].lstrip()[:1] in (b"{", b"]", b"")


def _is_lines(beginning: bytes) -> bool:
    """Whether the first line is a value of its own, and not the only one; or no line is the start of a larger value."""
    lines = lines_of(beginning)
    first = lines.line(0)
    rest = beginning[len(first) :].strip()
    try:
        value = parse(first.decode(errors="replace"))
    except ValueError:
        return bool(rest) and any(_is_object(lines.line(line)) for line in range(1, min(lines.count, 100)))
    return bool(rest) or (isinstance(value, dict) and not any(isinstance(each, list | dict) for each in value.values()))


def _is_object(line: bytes) -> bool:
    line = line.strip()
    try:
        return line[:1] == b"{" and line[-1:] == b"}" and len(parse(line.decode(errors="replace"))) > 1
    except ValueError:
        return False


def _texts(blocks: Iterator[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    yield from map(decoder.decode, blocks)


def _whole(blocks: Iterator[bytes], name: str) -> bytes:
    parts: list[bytes] = []
    for block in blocks:
        parts.append(block)
        if sum(map(len, parts)) > MAX_DOCUMENT:
            what = f"{name} is one JSON object of more than {MAX_DOCUMENT // 2**20} MB"
            raise InputError(what, "give an array of objects, or one object a line")
    return b"".join(parts)
