"""Seconds that TensorFlow takes to trace and to optimise its functions, which the textbook's side spends warming up."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any
from unittest import mock


class Calls:
    """Seconds of each call of every compiled function, in the order of their start. Nested calls are not counted."""

    def __init__(self) -> None:
        self.seconds: dict[int, list[float]] = defaultdict(list)
        self.held: list[Any] = []
        self._within = threading.local()

    def timed(self, function: Any, call: Any, args: Any, kwargs: Any) -> Any:
        if getattr(self._within, "one", False):
            return call(function, *args, **kwargs)
        self._within.one = True
        own, began = self.seconds[id(function)], time.perf_counter()
        self.held.append(function)  # while it lives, no other has its id
        place = len(own)
        own.append(0.0)
        try:
            return call(function, *args, **kwargs)
        finally:
            own[place] = time.perf_counter() - began
            self._within.one = False

    @property
    def tracing(self) -> float:
        """What first calls took longer than later ones."""
        return sum(max(0.0, own[0] - median(own[1:])) for own in self.seconds.values() if len(own) > 1)


@contextmanager
def record_calls() -> Iterator[Calls]:
    from tensorflow.python.eager.polymorphic_function.polymorphic_function import Function

    calls, call = Calls(), Function.__call__
    with mock.patch.object(Function, "__call__", lambda self, *a, **k: calls.timed(self, call, a, k)):
        yield calls
