"""The command line. Everything heavy is imported by the command that needs it: `thaw --help` answers at once."""

from __future__ import annotations

import importlib
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from ..errors import InputError
from .parser import parser
from .printable import printable


def main(arguments: Sequence[str] | None = None) -> int:
    signal.signal(signal.SIGTERM, _interrupt)
    try:
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


def _interrupt(signum: int, frame: FrameType | None) -> None:
    """A polite kill ends the steps and removes their files, as Ctrl-C does."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
