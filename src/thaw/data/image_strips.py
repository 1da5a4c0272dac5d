"""Strips of an image, for work that needs copies: of a strip they are small."""

from __future__ import annotations

from collections.abc import Iterator

STRIP_PIXELS = 2**20


def strips(size: tuple[int, int]) -> Iterator[tuple[int, int, int, int]]:
    """Boxes that cover an image from top to bottom, each of few pixels.

    >>> list(strips((2**19, 3)))
    [(0, 0, 524288, 2), (0, 2, 524288, 3)]
    """
    width, height = size
    rows = max(1, STRIP_PIXELS // width)
    for top in range(0, height, rows):
        yield 0, top, width, min(top + rows, height)
