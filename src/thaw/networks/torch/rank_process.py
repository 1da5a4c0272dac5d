"""Another rank's process, as rank 0 sees it."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from multiprocessing import Pipe
from pathlib import Path

import numpy as np

from ...records import Plan
from .rank import MAX_WAIT_SECONDS

READY, PREPARE, UPDATE, LEAVE = "ready", "prepare", "update", "leave"
"""What is said over the pipe, beside the names of `TextTuner`'s other methods."""


@dataclass(frozen=True)
class Start:
    """What a rank needs to know to take part."""

    rank: int
    ranks: int
    port: int
    """Port of rank 0's TCP store, on this machine."""
    folder: Path
    """The network, as it is saved."""
    plan: Plan
    compute_dtype: str
    seen_tokens: np.ndarray


class RankProcess:
    """The process of another rank, as rank 0 sees it: a pipe to it, and its end."""

    def __init__(self, start: Start) -> None:
        self.rank = start.rank
        self.connection, theirs = Pipe()
        command = [sys.executable, "-P", "-m", f"{__package__}.worker", str(theirs.fileno())]
        self.process = subprocess.Popen(
            command,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # signals of the terminal are rank 0's: it may want to write a last checkpoint
        )
        theirs.close()
        self.connection.send(start)

    def wait_until_ready(self) -> None:
        if not self.connection.poll(MAX_WAIT_SECONDS):
            raise TimeoutError(
                f"the training process of rank {self.rank} did not start in {MAX_WAIT_SECONDS:.0f} seconds"
            )
        self.connection.recv()

    def exits_before(self, deadline: float) -> bool:
        """Whether the process has ended by `time.monotonic() == deadline`, after waiting for it."""
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self, deadline: float) -> None:
        """Let it leave until then, and kill it if it has not."""
        if not self.exits_before(deadline):
            self.process.kill()
            self.process.wait()
        self.connection.close()
