"""Text for a terminal: colours where they are wanted, nothing but the text elsewhere."""

from __future__ import annotations

import os
import shutil
import textwrap
from typing import TextIO

WIDTH = 100
"""Columns at most: longer lines are hard to read."""


UNBROKEN = "\N{NO-BREAK SPACE}"
"""In a paragraph, a space that is not broken at; it is written as an ordinary one."""


class Terminal:
    """A stream to write lines to. `live` says that a person looks at it, and lines may be overwritten."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.live = stream.isatty() and os.environ.get("TERM") != "dumb"
        self.coloured = self.live and not os.environ.get("NO_COLOR")
        self.width = min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns) if self.live else WIDTH

    def line(self, text: str = "") -> None:
        # Not print(): KFP puts its own in the place of the builtin while a task runs.
        self.stream.write(text + "\n")
        self.stream.flush()

    def bold(self, text: str) -> str:
        return self._set("1", text)

    def dim(self, text: str) -> str:
        return self._set("2", text)

    def good(self, text: str) -> str:
        return self._set("32", text)

    def bad(self, text: str) -> str:
        return self._set("31", text)

    def _set(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.coloured else text

    def wrapped(self, text: str, indent: int, first: str = "") -> list[str]:
        """Lines of a paragraph, the first one beginning with `first` inside the indent."""
        wrapper = textwrap.TextWrapper(
            self.width, first.rjust(indent), " " * indent, break_long_words=False, break_on_hyphens=False
        )
        return [line.replace(UNBROKEN, " ") for line in wrapper.wrap(text)]
