"""Tokenised texts, and activations kept at a cut, as memory-mapped ragged arrays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

PADDING_MULTIPLES = ((64, 4), (256, 8), (1024, 32))
"""(up to, multiple of): lengths that batches are padded to. Measured on short texts, an update takes time in proportion
to its padded tokens, whatever the length; multiples of 16 pad 32% of them, of 8 19%, of 4 13%, exact lengths 7%."""


@dataclass(frozen=True)
class TextExamples:
    """Row i owns tokens[starts[i] : starts[i] + lengths[i]], and as many rows of `hidden` where it is kept."""

    tokens: np.ndarray
    """(all tokens,) int32."""
    starts: np.ndarray
    lengths: np.ndarray
    cut: int = 0
    hidden: np.ndarray | None = None
    """(all kept tokens, width) float16: activations after block `cut`."""
    hidden_starts: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.starts)

    def take(self, rows: np.ndarray) -> Self:
        hidden_starts = None if self.hidden_starts is None else self.hidden_starts[rows]
        return replace(self, starts=self.starts[rows], lengths=self.lengths[rows], hidden_starts=hidden_starts)

    def padded(self, pad: int) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """The rows of one batch, in arrays that reach to the longest.

        Returns:
            Token ids (rows, longest) int64, attention mask of that shape, bool, and hidden (rows, longest, width)
            float16 if kept.
        """
        positions = np.arange(padded_length(int(self.lengths.max())))
        mask = positions < self.lengths[:, None]
        ids = np.full(mask.shape, pad, np.int64)
        ids[mask] = self.tokens[(self.starts[:, None] + positions)[mask]]
        if self.hidden is None or self.hidden_starts is None:
            return ids, mask, None
        hidden = np.zeros((*mask.shape, self.hidden.shape[1]), self.hidden.dtype)
        hidden[mask] = self.hidden[(self.hidden_starts[:, None] + positions)[mask]]
        return ids, mask, hidden

    def batches(self, tokens: int) -> Iterator[np.ndarray]:
        """Rows in batches of like length with at most about `tokens` padded tokens each, longest first."""
        order = np.argsort(-self.lengths, kind="stable")
        start = 0
        while start < len(order):
            size = max(1, tokens // padded_length(int(self.lengths[order[start]])))
            yield order[start : start + size]
            start += size


def padded_length(tokens: int) -> int:
    """
    >>> [padded_length(tokens) for tokens in (3, 24, 25, 65, 200, 257, 2000)]
    [4, 24, 28, 72, 200, 288, 2016]
    """
    fitting = (multiple for max_tokens, multiple in PADDING_MULTIPLES if tokens <= max_tokens)
    multiple = next(fitting, PADDING_MULTIPLES[-1][1])
    return -(-tokens // multiple) * multiple
