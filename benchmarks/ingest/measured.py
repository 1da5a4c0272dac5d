"""Wall time, CPU time and peak memory of a Python program, measured from outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Measured:
    """What one run took. `seconds` and `cpu` are the program's own, without its start."""

    seconds: float
    cpu: float
    peak: int
    """Bytes: the largest sum of resident memory of the program and its children."""
    answer: dict[str, float]


def measured(code: str, *arguments: str, fallible: bool = False) -> Measured:
    """Run `code` in a fresh process. It defines `work(arguments)`, which is what is timed, and returns numbers.

    A `fallible` one may break: it then has no answer.
    """
    program = f"{code}\n{TIMED}"
    process = subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True)
    peaks, started = [0], time.perf_counter()
    watch = threading.Thread(target=_watch, args=(process, peaks), daemon=True)
    watch.start()
    assert process.stdout is not None, "it was opened with a pipe"
    last = process.stdout.read().strip().splitlines()[-1:]
    if process.wait() or not last:
        if fallible:
            return Measured(time.perf_counter() - started, 0.0, peaks[0], {})
        raise SystemExit(f"a side of the benchmark failed: {' '.join(arguments)}")
    watch.join()
    told = json.loads(last[0])
    return Measured(told.pop("seconds"), told.pop("cpu"), peaks[0], told)


TIMED = """
import json, os, sys, time
started, before = time.perf_counter(), os.times()
answer = work(sys.argv[1:]) or {}
after = os.times()
cpu = sum(after[:4]) - sum(before[:4])
print(json.dumps({"seconds": time.perf_counter() - started, "cpu": cpu, **answer}))
"""


def _watch(process: subprocess.Popen[str], peaks: list[int]) -> None:
    while process.poll() is None:
        peaks[0] = max(peaks[0], sum(map(_resident, _family(process.pid))))
        time.sleep(POLL_SECONDS)


def _family(root: int) -> list[int]:
    try:
        children = Path(f"/proc/{root}/task/{root}/children").read_text().split()
    except OSError:
        return [root]
    return [root, *(pid for child in children for pid in _family(int(child)))]


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0
