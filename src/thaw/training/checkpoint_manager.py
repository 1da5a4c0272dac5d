"""The checkpoints of one training, written to the store in the background.

`latest.json` in the training's folder is the document of a `Lease`. It names the newest checkpoint and the one before,
which is read when the newest is damaged. A checkpoint is written whole before the document names it, so a killed
writer leaves at most a folder without a name, which the next writer removes.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from .. import storage
from ..errors import InputError
from ..storage.lease import Lease, read_document
from .checkpoint import READ_ERRORS, Checkpoint, read_checkpoint, write_checkpoint

INTERVAL_VARIABLE = "THAW_CHECKPOINT_SECONDS"
INTERVAL = 30.0
"""Seconds between checkpoints: what a lost machine costs at most, beside the time to write one."""
MAX_TO_KEEP = 2
LATEST = "latest.json"

Log = Callable[[str], None]


def interval() -> float:
    """INTERVAL, unless the environment says otherwise.

    Raises:
        InputError: It is no number of seconds.
    """
    text = os.environ.get(INTERVAL_VARIABLE) or str(INTERVAL)
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not seconds >= 0:
        raise InputError(
            f"{INTERVAL_VARIABLE}={text} is no number of seconds", f"set it to {INTERVAL:.0f}, say, or leave it out"
        )
    return seconds


class CheckpointManager:
    """Checkpoints below the URI `folder`, which this process holds from `restore` to `close`.

    Where there are none yet, training continues from those in `start_from`, which are only read.
    """

    def __init__(
        self, folder: str, scratch: Path, log: Log = print, seconds: float | None = None, start_from: str = ""
    ) -> None:
        self.folder, self.start_from = folder, start_from
        self.scratch, self.log = scratch / "checkpoint", log
        self.interval = interval() if seconds is None else seconds
        self.lease = Lease(storage.join(self.folder, LATEST))
        self.saved = time.monotonic()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="checkpoint")
        self._writing: Future[None] | None = None

    def restore(self) -> Checkpoint | None:
        """The newest checkpoint that can be read, once no other process trains the same plan; None without any.

        Raises:
            InputError: There are checkpoints and none can be read.
        """
        document = self.lease.acquire(lambda holder: self.log(f"waiting for {holder}, which trains the same plan"))
        names = document.get("checkpoints", [])
        self._remove_all_but(names)
        for name in names:
            uri = storage.join(self.folder, name)
            try:
                return read_checkpoint(uri, self.scratch)
            except READ_ERRORS as error:
                self.log(f"the checkpoint {uri} cannot be read ({error}): trying the older")
        if names:
            self.lease.release()
            raise InputError(f"no checkpoint in {self.folder} can be read", "delete that folder to start anew")
        return self._pilot()

    def _pilot(self) -> Checkpoint | None:
        if not self.start_from:
            return None
        checkpoint = load_newest(self.start_from, self.scratch)
        if not checkpoint:
            self.log(f"the pilot's checkpoint in {self.start_from} is gone: training begins anew")
        return checkpoint

    def should_save(self) -> bool:
        """True when the interval has passed and none is being written.

        Raises:
            InputError: Another has taken over.
        """
        self.lease.check()
        idle = self._writing is None or self._writing.done()
        return idle and time.monotonic() - self.saved >= self.interval

    def save(self, checkpoint: Checkpoint, name: str, max_to_keep: int = MAX_TO_KEEP) -> None:
        """Write in the background, after what is being written. `max_to_keep` checkpoints stay, with this one.

        A failure to write is logged, and the older ones stay.
        """
        self.saved = time.monotonic()
        unique_name = f"{name}-{self.lease.owner['id'][:8]}"
        self._writing = self._writer.submit(self._write, checkpoint, unique_name, max_to_keep)

    def wait_until_finished(self) -> None:
        """Wait until what was saved is written.

        Raises:
            InputError: Another has taken over.
        """
        if self._writing:
            self._writing.result()

    def close(self) -> None:
        """Let another process continue the training."""
        self._writer.shutdown()
        self.lease.release()

    def _write(self, checkpoint: Checkpoint, name: str, max_to_keep: int) -> None:
        uri, names = storage.join(self.folder, name), [name, *self.lease.content.get("checkpoints", [])]
        try:
            write_checkpoint(checkpoint, uri, self.scratch)
        except (OSError, InputError) as error:
            self._remove(name)
            self.log(f"the checkpoint {name} could not be written ({error}): the one before stays")
            return
        self.lease.write({"checkpoints": names[:max_to_keep]})
        for old in names[max_to_keep:]:
            self._remove(old)

    def _remove(self, name: str) -> None:
        """Remove a checkpoint. What cannot be removed now is removed by the next `restore`."""
        uri = storage.join(self.folder, name)
        try:
            storage.remove(uri)
        except (OSError, InputError) as error:
            self.log(f"{uri} could not be removed ({error})")

    def _remove_all_but(self, names: list[str]) -> None:
        found = {name.split("/", 1)[0] for name in storage.listing(self.folder)}
        for name in sorted(found - {LATEST, *names}):
            self._remove(name)


def load_newest(folder: str, scratch: Path) -> Checkpoint | None:
    """The newest readable checkpoint in a folder that others may be writing to, or remove; None without any."""
    try:
        names = read_document(storage.join(folder, LATEST))[0].get("content", {}).get("checkpoints", [])
        for name in names:
            with contextlib.suppress(*READ_ERRORS):
                return read_checkpoint(storage.join(folder, name), scratch)
    except (InputError, OSError):
        pass
    return None
