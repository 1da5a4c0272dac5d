"""Work prepared ahead of whoever waits for it: shards fetched, images decoded, batches laid out in time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Ready = TypeVar("Ready")

BUFFER_SIZE = 2
"""Batches that are ready before they are asked for: one to be taken, one to be made. More would only hold memory."""


def prefetch(
    prepare: Callable[[Item], Ready], items: Iterable[Item], depth: int = BUFFER_SIZE, workers: int = 1
) -> Generator[Ready, None, None]:
    """`prepare(item)` for each item, in their order, up to `depth` of them early; one after the other where it is 0.

    Work that has begun is waited for when the iterator is closed, whatever closes it, and nothing more is begun.

    >>> list(prefetch(lambda x: x * x, range(4)))
    [0, 1, 4, 9]
    """
    if depth == 0:
        yield from map(prepare, items)
        return
    left = iter(items)
    with ThreadPoolExecutor(workers, thread_name_prefix="ahead") as pool:
        waiting: deque[Future[Ready]] = deque(pool.submit(prepare, item) for item in islice(left, depth))
        try:
            while waiting:
                result = waiting.popleft().result()
                waiting.extend(pool.submit(prepare, item) for item in islice(left, 1))
                yield result
        finally:
            pool.shutdown(cancel_futures=True)
