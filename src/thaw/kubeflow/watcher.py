"""Who follows a local run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Watcher:
    """Follows a local run. This one shows nothing; the command line's shows progress."""

    @contextmanager
    def following(self, channel: Path) -> Iterator[None]:
        """Read the reports that steps append to the file `channel` until the block ends."""
        yield

    def iteration(self, name: str, ended: bool) -> None:
        """An iteration of a loop begins, or has come to a good end."""
