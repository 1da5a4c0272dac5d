"""Peak anonymous memory of a process, watched from outside."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

SECONDS = 0.05
"""Seconds between two samples of the memory."""


def peak(process: subprocess.Popen[bytes]) -> int:
    """Wait for a process; the largest RssAnon that was seen, in bytes; 0 where there is no /proc."""
    highest = 0
    while process.poll() is None:
        highest = max(highest, anonymous(process.pid))
        time.sleep(SECONDS)
    return highest


def anonymous(pid: int) -> int:
    """Bytes of RssAnon at this moment; mapped files are not among them."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:  # it has just ended
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:")), 0)
