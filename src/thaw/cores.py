"""The number of cores that this process may use."""

from __future__ import annotations

import os


def cores() -> int:
    """The cores that the process may run on, or OMP_NUM_THREADS if that is less.

    In a pod with a limit, libraries count the cores of the node; the variable says better.
    """
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limit = os.environ.get("OMP_NUM_THREADS", "")
    return min(own, int(limit)) if limit.isdecimal() and int(limit) else own
