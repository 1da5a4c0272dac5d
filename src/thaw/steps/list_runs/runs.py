"""Which runs a comparison is made of, and where each keeps and writes what it finds."""

from __future__ import annotations

from ... import storage
from ...errors import InputError
from ...records import Decision, Strategy

FOLDER = "runs"


def listed(decision: Decision, seeds: int, store: str, output: str) -> list[dict[str, str | int]]:
    """Every candidate with the seeds 0 to `seeds` − 1. `name` is for people, the rest is what the steps take.

    Each run keeps its features and checkpoints in a store of its own: from a shared one the first run would pay for
    what the others find, and their seconds would not compare.
    """
    if seeds < 1:
        raise InputError(f"{seeds} seeds give nothing to compare", "take at least 1")
    return [
        {
            "name": f"{candidate.strategy}, seed {seed}",
            "strategy": candidate.strategy,
            "seed": seed,
            "store": place(store, candidate.strategy, seed),
            "output": place(output, candidate.strategy, seed),
        }
        for candidate in decision.candidates
        for seed in range(seeds)
    ]


def place(shared: str, strategy: Strategy, seed: int) -> str:
    """Of a run, below what all share; empty to keep nothing."""
    return storage.join(shared, FOLDER, f"{strategy}-{seed}") if shared else ""
