"""Identity of a process, and whether a process of this machine is dead."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any


def identity() -> dict[str, Any]:
    """Identity of this process, which no other has, not even one that had or will have its number."""
    pid = os.getpid()
    return {"host": platform.node(), "pid_namespace": _pid_namespace(), "pid": pid, "started": _started(pid)}


def is_dead(holder: dict[str, Any]) -> bool:
    """Whether a process, by its identity, ran where this one runs and has ended. Of other machines nothing is known."""
    return is_here(holder) and _started(holder["pid"]) != holder["started"]


def is_here(holder: dict[str, Any]) -> bool:
    """Whether a process, by its identity, ran where this one runs."""
    here = identity()
    return bool(here["pid_namespace"]) and all(holder.get(key) == here[key] for key in ("host", "pid_namespace"))


def _pid_namespace() -> str:
    """The running kernel and its namespace of process numbers: pods of a node may share its name. Empty if unknown."""
    try:
        return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """Clock ticks from boot to the start of a process; empty when there is none, or one that has ended (a zombie)."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if state in "ZX" else fields[18]
