"""The runs of a comparison, and where each keeps and writes its results."""

from __future__ import annotations

from ...errors import InputError
from ...records import Decision
from ...runtime.results import run_folder


def run(decision: Decision, seeds: int, store: str, output: str) -> list[dict[str, str | int]]:
    """Every candidate with the seeds 0 to `seeds` − 1.

    Each run keeps its features and checkpoints in a store of its own: in a shared one the first run would pay for what
    the others find there, and their seconds would not compare.

    Returns:
        `name`, for people, and the parameters `strategy`, `seed`, `store` and `output` of the steps, one a run.
    """
    if seeds < 1:
        raise InputError(f"{seeds} seeds give nothing to compare", "take at least 1")
    return [
        {
            "name": f"{candidate.strategy}, seed {seed}",
            "strategy": candidate.strategy,
            "seed": seed,
            "store": run_folder(store, candidate.strategy, seed),
            "output": run_folder(output, candidate.strategy, seed),
        }
        for candidate in decision.candidates
        for seed in range(seeds)
    ]
