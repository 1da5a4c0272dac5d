"""Modules of the benchmark as processes of their own: what a framework leaves in memory goes with them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

SETTINGS = {"OMP_NUM_THREADS": "1", "THAW_DECODERS": "1"}
"""Environment of a process that has one core; another process runs on each other core."""


def lines_of(module: str, *arguments: str) -> list[dict[str, Any]]:
    """The JSON lines that `python -m benchmarks.regret.MODULE ARGUMENTS` prints. RuntimeError when it fails."""
    command = [sys.executable, "-m", f"benchmarks.regret.{module}", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **SETTINGS})
    if ended.returncode:
        raise RuntimeError(ended.stderr[-2000:])
    return [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
