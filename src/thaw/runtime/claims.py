"""Whose an output folder is: only what Thaw wrote is ever removed or overwritten, and by one run at a time.

A file of our own marks a folder as claimed. It is a lease that a run on this machine holds until it ends: a run that
was killed holds nothing. A folder without the mark that has files of the names of results is somebody else's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .. import storage
from ..errors import InputError
from ..records import Dataset, Document, Outcome, StepError
from ..storage.lease import Lease
from .results import DATASET, ERROR, OUTCOME, RESULTS

MARK = ".thaw-run.json"
LOG = "run.log"
RECOGNISED: dict[str, type[Document]] = {OUTCOME: Outcome, DATASET: Dataset, ERROR: StepError}
"""Files by which the output of a version that left no mark is known."""


@contextmanager
def claimed(output: str) -> Iterator[None]:
    """Hold the output, empty for none, for the time of the block.

    Raises:
        InputError: The folder is not Thaw's, or another run that is alive writes to it. Of one on another machine it
            takes up to the length of a lease to know.
    """
    if not output:
        yield
        return
    check_ours(output)
    lease = Lease(storage.join(output, MARK))
    lease.acquire(refuse=lambda holder: in_use(output, holder))
    try:
        yield
    finally:
        lease.release()


def mark(output: str) -> None:
    """Mark an output, empty for none, as Thaw's: the first step does, where no command line has.

    Raises:
        InputError: The folder is not Thaw's.
    """
    if not output:
        return
    check_ours(output)
    storage.compare_and_swap(storage.join(output, MARK), b"{}\n", "")


def check_ours(output: str) -> None:
    """Check that no file that results would replace is somebody else's.

    Raises:
        InputError: There is one, and nothing says that Thaw wrote it.
    """
    if storage.exists(storage.join(output, MARK)) or any(is_ours(output, name) for name in RECOGNISED):
        return
    for name in (*RESULTS, *RECOGNISED, LOG):
        if is_there(output, name):
            raise InputError(
                f"{output} has a '{name}' that Thaw did not write, and that results would replace",
                "choose another --output",
            )


def is_ours(output: str, name: str) -> bool:
    """Whether the file of this name is a record as Thaw writes it."""
    uri = storage.join(output, name)
    with suppress(InputError, OSError):
        RECOGNISED[name].parse(storage.read(uri), uri)
        return True
    return False


def is_there(output: str, name: str) -> bool:
    """Whether there is anything of this name, an empty folder and a broken link included."""
    uri = storage.join(output, name)
    return storage.exists(uri) if storage.is_remote(uri) else Path(uri).exists() or Path(uri).is_symlink()


def in_use(output: str, holder: str) -> InputError:
    return InputError(
        f"another run ({holder}) is writing to {output}", "wait until it has ended, or choose another --output"
    )
