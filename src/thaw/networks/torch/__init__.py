"""Text: transformers on PyTorch."""

from .load import load_model, open_network
from .tokenizers import token_counts as extents

__all__ = ["extents", "load_model", "open_network"]
