"""Batches of rows that can be used, with their hashes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from .hashing import Hashed, hasher
from .read_images import read_images
from .rows import Refused, RowBatch, Source

MAX_WAITING = 4
"""Batches that may wait for their hashes."""


@dataclass(frozen=True)
class CheckedBatch:
    """A batch whose contents, an array now, can be used."""

    rows: RowBatch
    ids: np.ndarray
    """SHA-256 of the contents as four big-endian words, (rows, 4) uint64."""
    positions: np.ndarray
    """Where each content lies in [0, 1), (rows,) float64."""
    image_descriptors: np.ndarray | None
    """(rows,) of `thumbnails.DESCRIPTOR`; None for texts."""


def checked_batches(source: Source) -> Iterator[CheckedBatch]:
    """Read, check and hash the rows of a source, in its order."""
    batches = read_images(source.batches) if source.modality == "image" else map(_without_blank, source.batches)
    waiting: deque[tuple[RowBatch, np.ndarray | None, Future[Hashed]]] = deque()
    with hasher() as hashing:
        for rows, image_descriptors in batches:
            waiting.append((rows, image_descriptors, hashing.submit(rows.contents)))
            if len(waiting) > MAX_WAITING:
                yield _hashed(*waiting.popleft())
        while waiting:
            yield _hashed(*waiting.popleft())


def _hashed(rows: RowBatch, image_descriptors: np.ndarray | None, future: Future[Hashed]) -> CheckedBatch:
    return CheckedBatch(rows, *future.result(), image_descriptors)


def _without_blank(batch: RowBatch) -> tuple[RowBatch, None]:
    """The batch without texts of white space alone."""
    blank = pc.equal(pc.utf8_length(pc.utf8_trim_whitespace(batch.contents)), 0)
    if not pc.any(blank).as_py():
        return batch, None
    sources = batch.sources.filter(blank).to_pylist()
    refused = [*batch.refused, *(Refused(source, "content", "the text is empty") for source in sources)]
    return batch.filter(pc.invert(blank), refused), None
