"""One padded batch of rows as tensors."""

from __future__ import annotations

from typing import NamedTuple

import torch

from .examples import TextExamples


class Batch(NamedTuple):
    """Tokens of some rows, padded to the longest; with kept activations where training starts from those."""

    ids: torch.Tensor
    """(rows, tokens) int64."""
    mask: torch.Tensor
    """(rows, tokens) bool, on the device int64; 0 at padding."""
    hidden: torch.Tensor | None
    """(rows, tokens, width) float16: activations after block `cut`, where they were kept."""
    cut: int

    def to(self, device: torch.device) -> Batch:
        hidden = None if self.hidden is None else self.hidden.to(device, non_blocking=True)
        ids, mask = (tensor.to(device, non_blocking=True) for tensor in (self.ids, self.mask))
        return Batch(ids, mask.to(torch.int64), hidden, self.cut)


def collate(examples: TextExamples, pad: int, pin_memory: bool) -> Batch:
    """The rows padded to one length, in the computer's own memory; pinned where a GPU will fetch them from there."""
    ids, mask, hidden = examples.padded(pad)
    tensors = [None if array is None else torch.from_numpy(array) for array in (ids, mask, hidden)]
    if pin_memory:
        tensors = [None if tensor is None else tensor.pin_memory() for tensor in tensors]
    assert tensors[0] is not None
    assert tensors[1] is not None
    return Batch(tensors[0], tensors[1], tensors[2], examples.cut)
