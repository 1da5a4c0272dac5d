"""Text of other people's, made fit for a terminal, a log or a page."""

from __future__ import annotations

import re

BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Characters that turn what follows them around: names with them can be read as others."""
INVISIBLE = "\u00ad\u180e\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
"""But for the two joiners, which scripts and pictures need."""
CONTROL = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{BIDI}{INVISIBLE}]")
COLOUR = re.compile("\x1b\\[[0-9;]*m")


def printable(text: str) -> str:
    r"""Text with its control characters written out: a class or a file may have any name.

    >>> print(printable("cat\x1b[31m"))
    cat\x1b[31m
    """
    return CONTROL.sub(lambda match: repr(match[0])[1:-1], text)


def log_text(text: str) -> str:
    r"""Text for a log: without colours, and with its control characters written out but for tabs and ends of lines.

    >>> log_text("\x1b[32mdone\x1b[0m\t1\x07\n")
    'done\t1\\x07\n'
    """
    return CONTROL.sub(lambda match: match[0] if match[0] in "\n\t" else repr(match[0])[1:-1], COLOUR.sub("", text))
