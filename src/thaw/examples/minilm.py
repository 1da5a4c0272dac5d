"""The network of the text example."""

from __future__ import annotations

from ..networks.packaged import minilm as prepare

__all__ = ["prepare"]
