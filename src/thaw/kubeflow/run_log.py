"""The log of a local run. What steps and kfp print is shown as text alone: names in it are other people's."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from .. import storage
from ..printable import log_text

LOG = "run.log"


class Log(io.TextIOBase):
    """A file to which text is written without what a terminal would act on."""

    def __init__(self, file: IO[str]) -> None:
        self.file = file

    def write(self, text: str) -> int:
        self.file.write(log_text(text))
        return len(text)

    def flush(self) -> None:
        self.file.flush()


@contextlib.contextmanager
def run_log(output: str, scratch: Path) -> Iterator[Log]:
    """The log, written in place where `output` is local, else copied there at the end."""
    place = scratch / LOG if storage.is_remote(output) else Path(output, LOG)
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        with place.open("w", buffering=1, encoding="utf-8") as file:
            yield Log(file)
    finally:
        if storage.is_remote(output):
            storage.write(storage.join(output, LOG), place.read_bytes())
