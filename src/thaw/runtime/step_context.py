"""What surrounds a step in every component: a scratch folder, progress, and what happens when it refuses its input."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .. import progress
from ..errors import InputError
from ..printable import printable
from ..records import StepError
from . import claims, results
from .lifeline import exit_with_parent


@contextmanager
def step(name: str, output: str = "") -> Iterator[Path]:
    """A scratch folder for one step, removed afterwards.

    An `InputError` inside is written to `error.json` in `output`, printed as one line, and ends the process with exit
    code 2.
    """
    exit_with_parent()
    try:
        with tempfile.TemporaryDirectory(prefix=f"thaw-{name}-") as scratch, progress.step(name):
            yield Path(scratch)
        results.withdraw_error(output, name)
    except InputError as error:
        print(printable(f"{name} refuses its input: {error}"), file=sys.stderr, flush=True)
        _publish_error(output, StepError(step=name, what=printable(error.what), do=printable(error.do)))
        raise SystemExit(2) from error


def _publish_error(output: str, error: StepError) -> None:
    """Write the error; one that cannot be written must not hide the refusal, which has been printed."""
    try:
        if output:
            claims.check_ours(output)
        results.publish(output, results.ERROR, error)
    except (InputError, OSError) as second:
        print(printable(f"{results.ERROR} could not be written: {second}"), file=sys.stderr, flush=True)
