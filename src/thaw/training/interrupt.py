"""SIGTERM asks a training to stop: it ends the update it is in, writes a checkpoint and exits."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EXIT_CODE = 128 + signal.SIGTERM


class Interrupted(Exception):
    """Raised between two updates, where training can stop."""


@contextmanager
def watch_sigterm() -> Iterator[Callable[[], bool]]:
    """A function that returns True once SIGTERM has come.

    Signals reach the main thread alone; in other threads it returns False.
    """
    received = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield received.is_set
        return
    previous = signal.signal(signal.SIGTERM, lambda number, frame: received.set())
    try:
        yield received.is_set
    finally:
        signal.signal(signal.SIGTERM, previous)
