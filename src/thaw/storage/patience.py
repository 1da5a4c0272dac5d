"""Work with places that may never answer: it is given up, and its threads are left behind, after a silence."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from threading import Thread
from typing import TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")

MAX_SILENCE_SECONDS = 60.0
POLL_SECONDS = 0.02
THREADS = 8


class Patience:
    """Waits for threads as long as `beat` is called now and then."""

    def __init__(self, seconds: float = MAX_SILENCE_SECONDS) -> None:
        self.seconds = seconds
        self._last = time.monotonic()

    def beat(self) -> None:
        self._last = time.monotonic()

    def call(self, act: Callable[[], Answer]) -> Answer:
        """What `act` returns or raises; TimeoutError after a silence."""
        answers: list[Answer] = []
        self.each(lambda _: answers.append(act()), [None])
        return answers[0]

    def each(self, act: Callable[[Item], None], items: Iterable[Item]) -> None:
        """Do `act` to every item, several at a time. The first error is raised; TimeoutError after a silence."""
        waiting, errors = deque(items), list[BaseException]()
        self.beat()
        count = min(THREADS, len(waiting))
        threads = [Thread(target=self._work, args=(act, waiting, errors), daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        while not errors and (alive := [thread for thread in threads if thread.is_alive()]):
            if time.monotonic() - self._last > self.seconds:
                raise TimeoutError(f"no answer within {self.seconds:.0f} seconds")
            alive[0].join(POLL_SECONDS)
        if errors:
            raise errors[0]

    def _work(self, act: Callable[[Item], None], waiting: deque[Item], errors: list[BaseException]) -> None:
        while waiting and not errors:
            try:
                item = waiting.popleft()
            except IndexError:  # another thread was faster
                return
            try:
                act(item)
            except BaseException as error:
                errors.append(error)
            self.beat()
