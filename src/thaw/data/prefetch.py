"""Items prepared before they are asked for: shards fetched, images decoded, batches laid out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Ready = TypeVar("Ready")

BUFFER_SIZE = 2
"""Items prepared in advance: one to be taken, one to be made. More would only hold memory."""


def prefetch(
    prepare: Callable[[Item], Ready], items: Iterable[Item], buffer_size: int = BUFFER_SIZE, workers: int = 1
) -> Generator[Ready, None, None]:
    """`prepare(item)` for each item, in their order, up to `buffer_size` of them early; 0 prepares none early.

    Closing the iterator waits for work that has begun, and begins no more.

    >>> list(prefetch(lambda x: x * x, range(4)))
    [0, 1, 4, 9]
    """
    if buffer_size == 0:
        yield from map(prepare, items)
        return
    rest = iter(items)
    with ThreadPoolExecutor(workers, thread_name_prefix="prefetch") as pool:
        waiting: deque[Future[Ready]] = deque(pool.submit(prepare, item) for item in islice(rest, buffer_size))
        try:
            while waiting:
                result = waiting.popleft().result()
                waiting.extend(pool.submit(prepare, item) for item in islice(rest, 1))
                yield result
        finally:
            pool.shutdown(cancel_futures=True)
