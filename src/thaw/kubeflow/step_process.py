"""The processes of the steps of a local run. They end with their step, and with this process, however it ends."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from typing import IO

from thaw.pipelines.resources import THREADS

from ..printable import log_text
from ..runtime.lifeline import LIFELINE
from .run_log import Log

GRACE_SECONDS = 20.0
"""What an interrupted step may take to end: a training writes a checkpoint."""
TRACEBACK = "Traceback (most recent call last):"
DRAIN_SECONDS = 5.0
"""What is waited for the last lines of a step whose processes have ended."""


class StepProcesses:
    """Starts steps, one process group each. What they print goes to the log.

    `last_lines` has of each step that failed the line that says why, or the last one that it printed.
    """

    def __init__(self, environment: Mapping[str, str], log: Log, lifeline: int) -> None:
        self.environment, self.log, self.lifeline = environment, log, lifeline
        self.last_lines: list[str] = []

    def run(self, full_command: list[str], env_vars: Mapping[str, str] | None = None) -> int:
        """Exit code of the command. The signature is that of the function in kfp which this one stands in for."""
        running, held_by_step = os.pipe()
        process = self._start(full_command, env_vars or {}, held_by_step)
        os.close(held_by_step)
        assert process.stdout is not None
        copying = Copying(process.stdout, self.log)
        copying.start()
        try:
            return process.wait()
        finally:
            if process.returncode is None:
                _interrupt(process.pid, running)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            os.close(running)
            copying.join(DRAIN_SECONDS)
            if process.returncode:
                self.last_lines.append(copying.why)

    def _start(self, command: list[str], variables: Mapping[str, str], held: int) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, **self.environment, LIFELINE: str(self.lifeline), **_without_threads(variables)},
            pass_fds=(self.lifeline, held),
            start_new_session=True,
        )


class Copying(threading.Thread):
    """Copies what a step prints to the log, line by line, and keeps the line that says why it failed.

    That is the end of the last traceback: libraries have their say at the end of a process, too.
    """

    def __init__(self, source: IO[str], log: Log) -> None:
        super().__init__(name="log", daemon=True)
        self.source, self.log, self.last_line, self.error_line = source, log, "", ""
        self.in_traceback = False

    def run(self) -> None:
        with self.source:
            for line in self.source:
                self.log.write(line)
                self._note(log_text(line.rstrip("\n")))

    def _note(self, line: str) -> None:
        self.last_line = line or self.last_line
        if line == TRACEBACK:
            self.in_traceback = True
        elif self.in_traceback and line and not line.startswith((" ", "\t")):
            self.in_traceback, self.error_line = False, line

    @property
    def why(self) -> str:
        return self.error_line or self.last_line


@contextlib.contextmanager
def step_processes(environment: Mapping[str, str], log: Log) -> Iterator[StepProcesses]:
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
