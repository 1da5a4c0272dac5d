"""The part of an input embedding that the data can train."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional


class CompactEmbedding(nn.Module):
    """Stands in for an embedding; only the rows of tokens that occur in the data are its parameter.

    Most of a vocabulary of 30,000 to 250,000 tokens never occurs. Its gradient is zero, so its share of Adam's moments,
    of norms and of checkpoints is waste; and what weight decay alone would make of it is worse than what it was: words
    of which the data says nothing stay exactly as pretrained.
    """

    def __init__(self, full: nn.Embedding, tokens: np.ndarray) -> None:
        super().__init__()
        self.full = (full,)  # in a tuple, or it would be one of the network's modules, and its weight a parameter
        self.weight = nn.Parameter(torch.empty(0))
        self.hold(tokens)

    def hold(self, tokens: np.ndarray) -> None:
        """Hold the rows of `tokens` (held,) int, as pretrained."""
        table = self.full[0].weight.detach()
        self.tokens = torch.from_numpy(tokens.astype(np.int64)).to(table.device)
        self.place = torch.full((len(table),), -1, device=table.device)
        self.place[self.tokens] = torch.arange(len(tokens), device=table.device)
        self.weight.data = table[self.tokens]

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Any token will do: those that are not held, as pretrained."""
        place = self.place[ids]
        held = functional.embedding(place.clamp(min=0), self.weight)
        return torch.where((place >= 0).unsqueeze(-1), held, self.full[0](ids))

    @torch.no_grad()
    def merged(self) -> nn.Embedding:
        """The whole embedding, with the rows that were held as they are now."""
        self.full[0].weight[self.tokens] = self.weight
        return self.full[0]


def make_compact(encoder: nn.Module, tokens: np.ndarray) -> CompactEmbedding | None:
    """Put a compact embedding of `tokens` in the encoder; None where its embedding is more than a table."""
    full = encoder.get_input_embeddings()
    if type(full) is not nn.Embedding or full.max_norm is not None:
        return None
    compact = CompactEmbedding(full, tokens)
    swap(encoder, full, compact)
    return compact


def swap(encoder: nn.Module, old: nn.Module, new: nn.Module) -> None:
    """Put one module in another's place, wherever the architecture keeps it."""
    name = next(name for name, module in encoder.named_modules() if module is old)
    parent, _, attribute = name.rpartition(".")
    setattr(encoder.get_submodule(parent), attribute, new)
