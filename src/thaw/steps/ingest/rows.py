"""Rows that a source yields: those that may become part of the dataset, and those that it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ...records import Modality, Split


@dataclass(frozen=True)
class RawRow:
    """A labelled row whose content is read when it is its turn."""

    read: Callable[[], bytes]
    """The image file, or the text in UTF-8. OSError or ValueError with the reason when that fails."""
    label: str
    split: Split | None
    """None when the source does not say."""
    source: str
    """File name, or file name and line."""


@dataclass(frozen=True)
class Refused:
    """A row, or a file in a folder, that is set aside."""

    source: str
    reason: str


@dataclass(frozen=True)
class Source:
    modality: Modality
    rows: Iterator[RawRow | Refused]
