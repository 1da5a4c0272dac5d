"""Decoded images of a dataset, kept on disk once they have been asked for."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np

from ..cores import cores
from .images import decode

MAX_DISK_SHARE = 0.5
"""Share of the free disk for one set of decoded images: other sets, activations and checkpoints need some too."""


class Pixels:
    """The images of `contents` as an array of (n, size, size, 3) uint8, each decoded when it is first asked for.

    Decoded images are kept in the file `path` if all of them would fit in `MAX_DISK_SHARE` of the free disk. Otherwise,
    or when the disk is full after all, they are decoded each time. Any number of threads may ask.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, contents: Sequence[bytes], size: int, path: Path) -> None:
        self.contents, self.shape = contents, (len(contents), size, size, 3)
        self._decoded = np.zeros(len(contents), dtype=bool)
        self._kept: np.ndarray | None = None
        if 0 < math.prod(self.shape) <= MAX_DISK_SHARE * shutil.disk_usage(path.parent).free:
            self._kept = np.memmap(path, dtype=np.uint8, mode="w+", shape=self.shape)
            self._file = open(path, "r+b", buffering=0)  # noqa: SIM115 (as long as the map)

    def __len__(self) -> int:
        return len(self.contents)

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        """(rows, size, size, 3), a copy. ValueError names an unreadable image by its place in `contents`."""
        out = np.empty((len(rows), *self.shape[1:]), np.uint8)
        kept = self._decoded[rows]
        if self._kept is not None and kept.any():
            out[kept] = self._kept[rows[kept]]
        left = np.flatnonzero(~kept)
        parts = [part for part in (left[start :: decoders()] for start in range(decoders())) if len(part)]
        for _ in _pool().map(lambda part: self._decode(rows, part, out), parts):
            pass
        return out

    def _decode(self, rows: np.ndarray, places: np.ndarray, out: np.ndarray) -> None:
        for place in places:
            row = int(rows[place])
            try:
                out[place] = decode(self.contents[row], self.shape[1])
            except ValueError as error:
                raise ValueError(f"image {row}: {error}") from error
            self._keep(row, out[place])

    def _keep(self, row: int, pixels: np.ndarray) -> None:
        """Written, not stored through the map: there a full disk would end the process."""
        if self._kept is None:
            return
        try:
            written = os.pwrite(self._file.fileno(), pixels.data, row * pixels.nbytes)
        except OSError:
            return
        self._decoded[row] = written == pixels.nbytes


@cache
def decoders() -> int:
    """Threads that decode; Pillow lets go of the interpreter while it works."""
    return int(os.environ.get("THAW_DECODERS") or cores())


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(decoders(), thread_name_prefix="decoder")
