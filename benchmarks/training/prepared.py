"""What the rows are measured on: the user's data and network, or the examples' own."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from thaw.cli.defaults import CACHE
from thaw.examples import lite0, minilm, mnist, movie

from . import sides
from .rows import Row

EXAMPLES = {"image": (mnist, lite0), "text": (movie, minilm)}
"""Data and network of each modality where none is named: 2,000 digits, 2,000 movie snippets."""


class Prepared:
    """Data and network of each modality, prepared below `work` when first asked for."""

    def __init__(self, work: Path, data: str, network: str) -> None:
        self.work, self.data, self.network = work, data, network
        self.done: dict[str, tuple[Path, dict[str, Any]]] = {}
        self.only = self._modality() if data else ""

    def serves(self, row: Row) -> bool:
        """Whether the data serve a row: `--data` serve those of their modality alone."""
        return not self.data or row.modality == self.only

    def options_of(self, modality: str) -> dict[str, str]:
        if not modality:
            return {}
        data, network = EXAMPLES[modality]
        return {
            "data": self.data or str(data.prepare(CACHE)),
            "network": self.network or str(network.prepare(CACHE)),
        }

    def at(self, modality: str) -> tuple[Path, dict[str, Any]]:
        """The folder that a row's sides work in, and the facts of what lies there; an empty one without a modality."""
        if not modality:
            return Path(tempfile.mkdtemp(dir=self.work)), {}
        if modality not in self.done:
            folder = Path(tempfile.mkdtemp(dir=self.work))
            print(f"preparing {modality}s and their network", flush=True)
            self.done[modality] = folder, sides.run("workload:prepare", folder, self.options_of(modality))["details"]
        return self.done[modality]

    def _modality(self) -> str:
        folder = Path(tempfile.mkdtemp(dir=self.work))
        return str(sides.run("workload:modality", folder, {"data": self.data})["details"]["modality"])
