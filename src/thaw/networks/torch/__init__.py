"""Text: transformers on PyTorch."""

from .load import extents, load_model, open_network

__all__ = ["extents", "load_model", "open_network"]
