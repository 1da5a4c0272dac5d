"""What the body of every component does around its step: scratch space, errors, results for the reader.

`output` is the folder or gs:// in which a run's results are read. A refused input must not cost the results that lie
there from an earlier run, and results of two runs must not lie beside each other. So `begin` removes what an earlier
run said of its own end, and `accept`, called when the data proved good, everything else. An empty `output` keeps
nothing: a single component in somebody else's pipeline needs none.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .. import progress, storage
from ..errors import InputError
from ..records import Document, StepError

LIFELINE = "THAW_LOCAL"
"""Set when the command line runs the step: its end of a pipe whose other end the command line holds."""

ERROR = "error.json"
OUTCOME = "outcome.json"
DATASET = "dataset.json"
COMPARISON = "comparison.json"
COMPARISON_PAGE = "comparison.html"
RESULTS = (
    "profile.json",
    "decision.json",
    "training.json",
    "tensorboard",
    "model",
    "evaluation.json",
    "report.html",
    "release.json",
    "runs",
    COMPARISON,
    COMPARISON_PAGE,
)


@contextmanager
def step(name: str, output: str = "") -> Iterator[Path]:
    """A scratch folder for one step, removed afterwards. An `InputError` inside is written to `error.json` in
    `output`, printed as one line, and ends the process with exit code 2."""
    _die_with_the_command_line()
    try:
        with tempfile.TemporaryDirectory(prefix=f"thaw-{name}-") as scratch, progress.step(name):
            yield Path(scratch)
        _withdraw(output, name)
    except InputError as error:
        print(f"{name} refuses its input: {error}", file=sys.stderr, flush=True)
        _tell(output, StepError(step=name, what=error.what, do=error.do))
        raise SystemExit(2) from error


def publish(output: str, name: str, result: Document | str | Path) -> None:
    """Write a contract, a text or a folder to `output`."""
    if not output:
        return
    uri = storage.join(output, name)
    if isinstance(result, Path):
        storage.upload(result, uri)
    else:
        text = result.to_json() if isinstance(result, Document) else result
        storage.write(uri, text.encode())


def begin(output: str) -> None:
    """The first step of a run: nothing in `output` speaks of this run yet. InputError when it cannot be written."""
    if output:
        storage.check_writable(output)
        _clear(output, ERROR, OUTCOME, DATASET)


def accept(output: str) -> None:
    """The data is good: the results of an earlier run give way. A folder `model` that no run wrote stays."""
    if output:
        whose = storage.join(output, "model", "preprocessing.json")
        _clear(output, *(name for name in RESULTS if name != "model" or storage.exists(whose)))


def _clear(output: str, *names: str) -> None:
    for name in names:
        storage.remove(storage.join(output, name))


def _tell(output: str, error: StepError) -> None:
    """The refusal is what counts, and has been printed: a second error on the way to `output` must not hide it."""
    try:
        publish(output, ERROR, error)
    except (InputError, OSError) as second:
        print(f"{ERROR} could not be written: {second}", file=sys.stderr, flush=True)


def _withdraw(output: str, name: str) -> None:
    """An earlier attempt of this step may have refused what has come right since (a permission, say)."""
    told = storage.join(output, ERROR) if output else ""
    if told and storage.exists(told) and StepError.parse(storage.read(told), told).step == name:
        storage.remove(told)


def _die_with_the_command_line() -> None:
    """Locally, a step whose command line was killed would go on writing beside the next run. It waits on a pipe that
    the system closes when the command line ends, however it ends, and then kills its process group: the shell that
    KFP starts it in, and its own workers (PR_SET_PDEATHSIG would reach the shell alone)."""
    lifeline = os.environ.get(LIFELINE)
    if not lifeline:
        return

    def watch() -> None:
        os.read(int(lifeline), 1)
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
