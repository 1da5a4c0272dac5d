"""The network of the image example."""

from __future__ import annotations

from ..networks.packaged import lite0 as prepare

__all__ = ["prepare"]
