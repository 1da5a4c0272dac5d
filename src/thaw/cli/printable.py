"""Text of other people's, made fit for a terminal."""

from __future__ import annotations

import re

CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    r"""Text with its control characters written out: a class or a file may have any name.

    >>> print(printable("cat\x1b[31m"))
    cat\x1b[31m
    """
    return CONTROL.sub(lambda match: repr(match[0])[1:-1], text)
