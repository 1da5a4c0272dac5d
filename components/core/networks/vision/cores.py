"""How many cores this process has."""

from __future__ import annotations

import os


def cores() -> int:
    """As many as the usual variable says, else as it may run on: in a pod libraries would count those of the node."""
    given = os.environ.get("OMP_NUM_THREADS", "")
    if given.isdecimal() and int(given):
        return int(given)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
