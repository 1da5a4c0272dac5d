"""Encodings of text tables: as said, by a byte order mark, UTF-8 where it is valid, else by a detector."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from ....errors import InputError
from .detector import detected
from .lines import invalid_lines, lines_of

MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
MAX_INVALID = 0.01
"""Largest share of lines that may be damaged in a file that is UTF-8."""
MIN_ZEROS = 0.01
"""Share of zeros in a table of UTF-16, which has delimiters and line ends at least."""
DETECTED_BYTES = 2**16
LOOKED_AT = 2**14


@dataclass(frozen=True)
class Encoding:
    name: str
    guessed: bool


def find_encoding(blocks: Iterable[bytes], name: str, asked: str) -> Encoding:
    """The encoding of a file, given as blocks of whole lines. All of it is read.

    Raises:
        InputError: There is no encoding of that name, or none that surely is right.
    """
    if asked:
        return Encoding(_known(asked), guessed=False)
    survey = Survey()
    for block in blocks:
        found = survey.add(block)
        if found:
            return Encoding(found, guessed=True)
    return Encoding("utf-8" if survey.is_utf8() else _older(survey, name), guessed=True)


def _older(survey: Survey, name: str) -> str:
    """The encoding of a file that is no UTF-8; where few lines tell and are not sure, those are refused as no UTF-8."""
    try:
        return detected(bytes(survey.sample), name)
    except InputError:
        if survey.few_are_invalid():
            return "utf-8"
        raise


class Survey:
    """Lines of a file: those that are UTF-8 beyond ASCII, and those that are no UTF-8."""

    def __init__(self) -> None:
        self.lines = self.valid = self.invalid = 0
        self.sample = bytearray()

    def add(self, block: bytes) -> str:
        """Counts lines. Returns the encoding where the first block tells."""
        if self.lines == 0 and (found := _marked(block) or _of_zeros(block[:LOOKED_AT])):
            return found
        if block.isascii():
            self.lines += max(block.count(b"\n"), block.count(b"\r"), 1)
            return ""
        lines = lines_of(block)
        self.lines += lines.count
        high = int((np.maximum.reduceat(lines.bytes, lines.starts[:-1]) >= 0x80).sum())
        try:
            block.decode()
        except UnicodeDecodeError:
            bad = invalid_lines(block)
            self.invalid += len(bad)
            high -= len(bad)
            self._keep(b"".join(lines.line(line) for line in bad[:1000]))
        self.valid += high
        return ""

    def _keep(self, lines: bytes) -> None:
        if len(self.sample) < DETECTED_BYTES:
            self.sample += lines[:DETECTED_BYTES]

    def is_utf8(self) -> bool:
        """Whether what is no UTF-8 is damage: one line, or few beside others beyond ASCII that are UTF-8."""
        if self.invalid <= 1 or 4 * self.invalid <= self.valid:
            return True
        return self.valid > 0 and self.few_are_invalid()

    def few_are_invalid(self) -> bool:
        return self.invalid <= MAX_INVALID * self.lines


def utf8_blocks(blocks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The blocks in UTF-8, without a byte order mark. What cannot be decoded becomes U+FFFD; UTF-8 stays as it is."""
    if encoding == "utf-8":
        for number, block in enumerate(blocks):
            yield block.removeprefix(codecs.BOM_UTF8) if number == 0 else block
        return
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for block in blocks:
        yield decoder.decode(block).encode(errors="replace")
    yield decoder.decode(b"", final=True).encode(errors="replace")


def _known(asked: str) -> str:
    try:
        "a".encode(asked)
        found = codecs.lookup(asked).name
    except (LookupError, ValueError) as error:
        raise InputError(f"there is no encoding {asked!r}", "give one such as utf-8, cp1252 or shift_jis") from error
    return "utf-8" if found in ("ascii", "utf-8-sig") else found


def _marked(block: bytes) -> str:
    return next((encoding for mark, encoding in MARKS if block.startswith(mark)), "")


def _of_zeros(block: bytes) -> str:
    """UTF-16 or UTF-32 without a byte order mark: zeros stand on one side of the letters and the line ends."""
    if block.count(0) <= MIN_ZEROS * len(block):
        return ""
    candidates = [
        (_plainness(block, encoding), encoding) for encoding in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
    ]
    share, encoding = max(candidates, key=lambda each: each[0])
    return encoding if share > 0 else ""


def _plainness(block: bytes, encoding: str) -> float:
    """Share of line ends, delimiters, blanks and digits in the decoded text; 0 where it cannot be decoded."""
    text = codecs.getincrementaldecoder(encoding)("replace").decode(block)
    if "\ufffd" in text or "\0" in text:
        return 0.0
    return sum(letter in "\n\r\t,;| .0123456789" for letter in text) / max(1, len(text))
