"""Image files read, decoded once and hashed, several at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
import pyarrow as pa

from ...cores import cores
from ...data.image_checks import inspect
from ...data.prefetch import prefetch
from ...data.thumbnails import DESCRIPTOR, THUMBNAIL_BYTES
from .rows import Refused, RowBatch

WORKERS_PER_CORE = 2
"""Threads that read and check images; more than cores, because images may come from far."""
CHUNK_ROWS = 32
"""Images that a thread reads before it hands them over: fewer cost more than they take to decode."""


@dataclass(frozen=True)
class _Image:
    row: int
    content: bytes = b""
    phash: int = 0
    thumbnail: bytes = bytes(THUMBNAIL_BYTES)
    reason: str = ""


def read_images(batches: Iterable[RowBatch]) -> Iterator[tuple[RowBatch, np.ndarray]]:
    """Batches with the images' bytes, without those that cannot be decoded, and their descriptors, (rows,)."""
    workers = WORKERS_PER_CORE * cores()
    read = prefetch(_read_chunk, _chunks(batches), 2 * workers, workers)
    for _, chunks in groupby(read, key=lambda chunk: id(chunk[0])):
        parts = list(chunks)
        yield _batch(parts[0][0], [image for _, images in parts for image in images])


def _chunks(batches: Iterable[RowBatch]) -> Iterator[tuple[RowBatch, range]]:
    """Batches with the rows that are read together; one of refused rows alone is carried along."""
    for batch in batches:
        rows = len(batch.labels)
        for start in range(0, max(1, rows), CHUNK_ROWS):
            yield batch, range(start, min(start + CHUNK_ROWS, rows))


def _read_chunk(chunk: tuple[RowBatch, range]) -> tuple[RowBatch, list[_Image]]:
    batch, rows = chunk
    return batch, [_read(batch.contents[row], row) for row in rows]


def _read(load: Callable[[], bytes], row: int) -> _Image:
    try:
        content = load()
        found = inspect(content)
        return _Image(row, content, found.phash, found.thumbnail)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return _Image(row, reason=reason or type(error).__name__)


def _batch(batch: RowBatch, images: list[_Image]) -> tuple[RowBatch, np.ndarray]:
    refused = [Refused(batch.sources[image.row].as_py(), "image", image.reason) for image in images if image.reason]
    whole = replace(batch, contents=pa.array([image.content for image in images], pa.large_binary()))
    good = np.array([not image.reason for image in images], bool)
    descriptors = np.empty(len(images), DESCRIPTOR)
    descriptors["phash"] = [image.phash for image in images]
    descriptors["thumbnail"].reshape(-1)[:] = np.frombuffer(b"".join(image.thumbnail for image in images), np.uint8)
    return whole.filter(pa.array(good), [*batch.refused, *refused]), descriptors[good]
