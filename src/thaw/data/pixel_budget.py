"""A bound on the pixels that all threads together hold."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class PixelBudget:
    """Room for `most` pixels at a time. Who asks for more than there is waits; who asks for more than all goes alone.

    >>> budget = PixelBudget(100)
    >>> with budget.room_for(60):
    ...     budget.taken
    60
    """

    def __init__(self, most: int) -> None:
        self.most, self.taken = most, 0
        self._changed = threading.Condition()

    @contextmanager
    def room_for(self, pixels: int) -> Iterator[None]:
        """Holds room for so many pixels. A thread that holds some must not ask for more: it could wait for itself."""
        held = min(pixels, self.most)
        with self._changed:
            self._changed.wait_for(lambda: self.taken + held <= self.most)
            self.taken += held
        try:
            yield
        finally:
            with self._changed:
                self.taken -= held
                self._changed.notify_all()
