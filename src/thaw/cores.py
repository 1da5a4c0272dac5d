"""How many cores this process has."""

from __future__ import annotations

import os


def cores() -> int:
    """As many as it may run on, or fewer if the usual variable says so: in a pod libraries count those of the node."""
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    given = os.environ.get("OMP_NUM_THREADS", "")
    return min(own, int(given)) if given.isdecimal() and int(given) else own
