"""The first step of a run: which version of the model is current."""

from __future__ import annotations

from ...records import Champion
from ...registry import pointer
from ...runtime import claims, results


def run(registry: str, name: str, output: str) -> Champion:
    """The version that is current in the registry; all empty when there is none.

    Removes what an earlier run said of its end from `output`.

    Raises:
        InputError: `output` cannot be written, or is somebody else's. This is found before any time is spent.
    """
    claims.mark(output)
    results.begin(output)
    return pointer.current(registry, name)
