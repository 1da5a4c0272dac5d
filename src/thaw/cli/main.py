"""The command line. Everything heavy is imported by the command that needs it: `thaw --help` answers at once."""

from __future__ import annotations

import contextlib
import importlib
import io
import logging
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from types import FrameType

from ..errors import InputError
from ..printable import printable
from .parser import parser


def main(arguments: Sequence[str] | None = None) -> int:
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with _quiet():
            parsed = parser().parse_args(arguments)
            module = importlib.import_module(f"thaw.cli.{parsed.module}")
            code: int = getattr(module, parsed.command)(parsed)
            return code
    except InputError as error:
        print(f"thaw: {printable(str(error))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("thaw: interrupted; the same command goes on from what was kept", file=sys.stderr)
        return 130


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Nothing is printed but what a command prints: no warning and no log of a library. And whatever a command prints
    can be printed: what the terminal's encoding lacks is written out."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    logging.getLogger().addHandler(logging.NullHandler())  # without any handler, warnings go to stderr
    with warnings.catch_warnings():
        if not sys.warnoptions:
            warnings.simplefilter("ignore")
        yield


def _interrupt(signum: int, frame: FrameType | None) -> None:
    """A polite kill ends the steps and removes their files, as Ctrl-C does."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
