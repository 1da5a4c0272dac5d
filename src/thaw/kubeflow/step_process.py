"""The processes of the steps of a local run. They end with their step, and with this process, however it ends."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from thaw.pipelines.resources import THREADS

from ..runtime.lifeline import LIFELINE

GRACE_SECONDS = 20.0
"""What an interrupted step may take to end: a training writes a checkpoint."""


class StepProcesses:
    """Starts steps, one process group each. What they print goes to the log.

    `last_lines` has the last line of each step that failed.
    """

    def __init__(self, environment: Mapping[str, str], log: IO[str], lifeline: int) -> None:
        self.environment, self.log, self.lifeline = environment, log, lifeline
        self.last_lines: list[str] = []

    def run(self, full_command: list[str], env_vars: Mapping[str, str] | None = None) -> int:
        """Exit code of the command. The signature is that of the function in kfp which this one stands in for."""
        began = self.log.tell()
        running, held_by_step = os.pipe()
        process = self._start(full_command, env_vars or {}, held_by_step)
        os.close(held_by_step)
        try:
            if process.wait():
                printed = Path(self.log.name).read_bytes()[began:].decode(errors="replace")
                self.last_lines.extend(printed.split("\n")[-2:-1])
            return process.returncode
        finally:
            if process.returncode is None:
                _interrupt(process.pid, running)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            os.close(running)

    def _start(self, command: list[str], variables: Mapping[str, str], held: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **self.environment, LIFELINE: str(self.lifeline), **_without_threads(variables)},
            pass_fds=(self.lifeline, held),
            start_new_session=True,
        )


@contextlib.contextmanager
def step_processes(environment: Mapping[str, str], log: IO[str]) -> Iterator[StepProcesses]:
    """Hold the other end of the pipe that tells steps, by closing, that this process has ended."""
    lifeline, held = os.pipe()
    try:
        yield StepProcesses(environment, log, lifeline)
    finally:
        os.close(lifeline)
        os.close(held)


def _without_threads(variables: Mapping[str, str]) -> dict[str, str]:
    """A task's variables but for the numbers of threads, which are those of its pod's cores."""
    return {name: value for name, value in variables.items() if name not in THREADS}


def _interrupt(group: int, running: int) -> None:
    """Ask a process group to end, and give it time. `running` is the end of a pipe that closes when the last process
    of the step has gone. To be interrupted again is to be in a hurry."""
    with contextlib.suppress(ProcessLookupError, KeyboardInterrupt):
        os.killpg(group, signal.SIGTERM)
        select.select([running], [], [], GRACE_SECONDS)
