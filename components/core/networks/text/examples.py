"""Tokenised texts, and activations kept at a cut, as memory-mapped ragged arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np

BUCKET = 16
"""Batches are padded to a multiple of this many tokens: few shapes, little padding."""


@dataclass(frozen=True)
class TextExamples:
    """Row i owns tokens[starts[i] : starts[i] + lengths[i]], and the same rows of `hidden` where it is kept."""

    tokens: np.ndarray
    """(all tokens,) int32."""
    starts: np.ndarray
    lengths: np.ndarray
    cut: int = 0
    hidden: np.ndarray | None = None
    """(all tokens, width) float16: activations after block `cut`."""

    def __len__(self) -> int:
        return len(self.starts)

    def take(self, rows: np.ndarray) -> Self:
        return replace(self, starts=self.starts[rows], lengths=self.lengths[rows])

    def padded(self, pad: int) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Token ids (rows, longest), attention mask (rows, longest), and hidden (rows, longest, width) if kept."""
        longest = -(-int(self.lengths.max()) // BUCKET) * BUCKET
        mask = np.arange(longest) < self.lengths[:, None]
        ids = np.full(mask.shape, pad, np.int64)
        flat = np.concatenate([np.arange(s, s + n) for s, n in zip(self.starts, self.lengths, strict=True)])
        ids[mask] = self.tokens[flat]
        if self.hidden is None:
            return ids, mask.astype(np.int64), None
        hidden = np.zeros((*mask.shape, self.hidden.shape[1]), np.float32)
        hidden[mask] = self.hidden[flat]
        return ids, mask.astype(np.int64), hidden

    def batches(self, tokens: int) -> list[np.ndarray]:
        """Rows in batches of like length with at most about `tokens` padded tokens each, longest first."""
        order = np.argsort(-self.lengths, kind="stable")
        batches, start = [], 0
        while start < len(order):
            size = max(1, tokens // (-(-int(self.lengths[order[start]]) // BUCKET) * BUCKET))
            batches.append(order[start : start + size])
            start += size
        return batches


class RaggedWriter:
    """Appends rows to a flat .npy file that is mapped once it is whole."""

    def __init__(self, path: Path, total: int, width: int | None, number_type: str) -> None:
        shape = (total,) if width is None else (total, width)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.array = np.lib.format.open_memmap(path, mode="w+", dtype=number_type, shape=shape)
        self.path = path

    def mapped(self) -> np.ndarray:
        self.array.flush()
        return np.load(self.path, mmap_mode="r")
