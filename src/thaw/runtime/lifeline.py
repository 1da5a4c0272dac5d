"""A step ends with the command line that runs it.

A step whose command line was killed would go on writing beside the next run. It waits on a pipe that the system closes
when the command line ends, however it ends, and then kills its process group: the shell that KFP starts it in, and its
own workers. (PR_SET_PDEATHSIG would reach the shell alone.)
"""

from __future__ import annotations

import os
import signal
import threading

LIFELINE = "THAW_LOCAL"
"""Environment variable with the step's end of the pipe; set when the command line runs the step."""


def exit_with_parent() -> None:
    """Watch the pipe in the background, where there is one."""
    if pipe := os.environ.get(LIFELINE):
        threading.Thread(target=_watch, args=(int(pipe),), name="lifeline", daemon=True).start()


def _watch(pipe: int) -> None:
    os.read(pipe, 1)
    os.killpg(os.getpgrp(), signal.SIGKILL)
