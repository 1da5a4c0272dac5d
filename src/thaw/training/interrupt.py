"""SIGTERM asks a training to stop: it ends the step it is in, writes a checkpoint and leaves."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EXIT_CODE = 128 + signal.SIGTERM


class Interrupted(Exception):
    """Raised where the training can be left."""


@contextmanager
def watch_sigterm() -> Iterator[Callable[[], bool]]:
    """A question that is true once SIGTERM has come. Signals reach the main thread alone; elsewhere it stays false."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return
    before = signal.signal(signal.SIGTERM, lambda number, frame: asked.set())
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGTERM, before)
