"""The part of an input embedding that the data can train."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional


class CompactEmbedding(nn.Module):
    """Stands in for an embedding; only the vectors of tokens that occur in the data are its parameter.

    Most of a vocabulary of 30,000 to 250,000 tokens never occurs. Its gradient is zero, so its share of Adam's moments,
    of norms and of checkpoints is waste; and what weight decay alone would make of it is worse than what it was: words
    of which the data says nothing stay exactly as pretrained. The whole embedding takes 21% more CPU seconds an update
    with 250,000 tokens, and five times the memory of a checkpoint (`python -m benchmarks.embedding`).
    """

    def __init__(self, full: nn.Embedding, tokens: np.ndarray) -> None:
        super().__init__()
        self.full = (full,)  # in a tuple, or it would be one of the network's modules, and its weight a parameter
        self.weight = nn.Parameter(torch.empty(0))
        self.set_tokens(tokens)

    def set_tokens(self, tokens: np.ndarray) -> None:
        """Train the vectors of `tokens` (trained,) int, beginning from the pretrained ones."""
        table = self.full[0].weight.detach()
        self.tokens = torch.from_numpy(tokens.astype(np.int64)).to(table.device)
        self.positions = torch.full((len(table),), -1, device=table.device)
        self.positions[self.tokens] = torch.arange(len(tokens), device=table.device)
        self.weight.data = table[self.tokens]

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Vectors of any tokens: those that are not trained, as pretrained."""
        positions = self.positions[ids]
        trained = functional.embedding(positions.clamp(min=0), self.weight)
        return torch.where((positions >= 0).unsqueeze(-1), trained, self.full[0](ids))

    @torch.no_grad()
    def merged(self) -> nn.Embedding:
        """The whole embedding, with the trained vectors as they are now."""
        self.full[0].weight[self.tokens] = self.weight
        return self.full[0]


def insert_compact_embedding(encoder: Any, tokens: np.ndarray) -> CompactEmbedding | None:
    """Put a compact embedding of `tokens` in the encoder; None where its embedding is no plain table."""
    full = encoder.get_input_embeddings()
    if type(full) is not nn.Embedding or full.max_norm is not None:
        return None
    compact = CompactEmbedding(full, tokens)
    try:
        encoder.set_input_embeddings(compact)
    except NotImplementedError:
        return None
    return compact
