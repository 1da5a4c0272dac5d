"""Rows as a network takes them, when they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ...data.rows import Rows
from ...networks.protocol import Examples, Network
from ...progress import stage


def encoder(network: Network, sample: Rows, scratch: Path) -> Callable[[], Examples]:
    """Encodes the sample when it is called, which cached features spare."""

    def encode() -> Examples:
        with stage("reading", len(sample)) as progress:
            return network.encode(sample.raw, scratch, progress.advance)

    return encode
