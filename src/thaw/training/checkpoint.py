"""Where a training stands, kept in the store while it goes on.

`checkpoints/<key>/latest.json` is the document of a `Lease`: it names the newest checkpoint and the one before. A
checkpoint is a file of its own, written aside and whole before the document names it; one that its writer did not live
to name is swept away by the next. FeatureDepth falls back to the older one when the newest is damaged.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import storage
from ..errors import InputError
from ..networks.protocol import Network, StateDict
from ..records import Plan
from ..storage.lease import Lease, read

INTERVAL_VARIABLE = "THAW_CHECKPOINT_SECONDS"
INTERVAL = 30.0
"""Seconds between checkpoints: what a lost machine costs at most, beside the time that one takes to write."""
KEPT = 2
COMPUTES = ("heads", "networks", "training")
"""Folders of the package that weights depend on."""
POINTER, STATE, META = "latest.json", "state.npz", "meta"
UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)
"""What a damaged checkpoint raises."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Checkpoint:
    """Of a training, between two steps: numbers and texts as JSON, and arrays by name."""

    meta: dict[str, Any]
    arrays: StateDict


def checkpoint_folder(store: str, plan: Plan, network: Network) -> str:
    """Where the checkpoints of a training lie: named by all that its steps depend on, which are the dataset and the
    plan, the initial weights, and this code. A pilot is the beginning of the training that `start_from` it."""
    steps = plan.model_copy(update={"start_from": ""})
    parts = [
        steps.to_json(),
        network.fingerprint,
        network.preprocessing.to_json(),
        network.compute_dtype,
        code_version(),
    ]
    return storage.join(store, "checkpoints", hashlib.sha256("\0".join(parts).encode()).hexdigest())


def checkpoint_key(folder: str) -> str:
    """The part of its name that tells what is trained there, whichever store it lies in."""
    return folder.rstrip("/").rpartition("/")[2]


def code_version() -> str:
    """SHA-256 over the sources of COMPUTES: weights half trained by other code are not gone on with."""
    digest = hashlib.sha256()
    package = Path(__file__).parent.parent
    for source in sorted(path for room in COMPUTES for path in (package / room).rglob("*.py")):
        digest.update(f"{source.relative_to(package)}\0".encode() + source.read_bytes())
    return digest.hexdigest()


def interval() -> float:
    """INTERVAL, unless the environment says otherwise. InputError when it is no number of seconds."""
    given = os.environ.get(INTERVAL_VARIABLE) or str(INTERVAL)
    try:
        seconds = float(given)
    except ValueError:
        seconds = -1.0
    if not seconds >= 0:
        raise InputError(
            f"{INTERVAL_VARIABLE}={given} is no number of seconds", f"set it to {INTERVAL:.0f}, say, or leave it out"
        )
    return seconds


class CheckpointManager:
    """Of one training, below the URI `folder`; held by this process from `open` to `close`.

    Where there are none yet, it goes on from those in `start_from`, which are only read.
    """

    def __init__(
        self, folder: str, scratch: Path, tell: Tell = print, every: float | None = None, start_from: str = ""
    ) -> None:
        self.folder, self.start_from = folder, start_from
        self.scratch, self.tell = scratch / "checkpoint", tell
        self.every = interval() if every is None else every
        self.lease = Lease(storage.join(self.folder, POINTER))
        self.last = time.monotonic()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="checkpoint")
        self._writing: Future[None] | None = None

    def open(self) -> Checkpoint | None:
        """The newest moment that can be read, once no other process trains the same. None where there is none.

        InputError when there are checkpoints and none can be read.
        """
        names = self.lease.take(lambda whom: self.tell(f"waiting for {whom}, which trains the same plan"))
        names = names.get("checkpoints", [])
        self._sweep(names)
        for name in names:
            try:
                return load(storage.join(self.folder, name), self.scratch)
            except UNREADABLE as error:
                self.tell(
                    f"the checkpoint {storage.join(self.folder, name)} cannot be read ({error}): trying the older"
                )
        if names:
            self.lease.release()
            raise InputError(f"no checkpoint in {self.folder} can be read", "delete that folder to start anew")
        if not self.start_from:
            return None
        found = load_newest(self.start_from, self.scratch)
        if not found:
            self.tell(f"the pilot's checkpoint in {self.start_from} is gone: training begins anew")
        return found

    @property
    def due(self) -> bool:
        self.lease.check()
        idle = self._writing is None or self._writing.done()
        return idle and time.monotonic() - self.last >= self.every

    def save(self, moment: Checkpoint, name: str, kept: int = KEPT) -> None:
        """Write in the background, after what is being written; `kept` checkpoints stay, this one among them. One that
        cannot be written is told of, and the older ones stay."""
        self.last = time.monotonic()
        self._writing = self._writer.submit(self._write, moment, f"{name}-{self.lease.me['id'][:8]}", kept)

    def wait(self) -> None:
        """Until what was saved is written. InputError when another has taken the training over."""
        if self._writing:
            self._writing.result()

    def close(self) -> None:
        """Let another go on from here."""
        self._writer.shutdown()
        self.lease.release()

    def _write(self, moment: Checkpoint, name: str, kept: int) -> None:
        uri, names = storage.join(self.folder, name), [name, *self.lease.content.get("checkpoints", [])]
        try:
            local = self.scratch if storage.is_remote(uri) else Path(uri)
            local.mkdir(parents=True, exist_ok=True)
            arrays: dict[str, Any] = {META: np.frombuffer(json.dumps(moment.meta).encode(), np.uint8), **moment.arrays}
            with open(local / STATE, "wb") as file:
                np.savez(file, **arrays)
            if storage.is_remote(uri):
                storage.upload(local, uri)
        except (OSError, InputError) as error:
            self._discard(uri)
            self.tell(f"the checkpoint {name} could not be written ({error}): the one before stays")
            return
        self.lease.put({"checkpoints": names[:kept]})
        for old in names[kept:]:
            self._discard(storage.join(self.folder, old))

    def _discard(self, uri: str) -> None:
        """What cannot be removed now is swept away later."""
        try:
            storage.remove(uri)
        except (OSError, InputError) as error:
            self.tell(f"{uri} could not be removed ({error})")

    def _sweep(self, names: list[str]) -> None:
        found = {name.split("/", 1)[0] for name in storage.listing(self.folder)}
        for name in sorted(found - {POINTER, *names}):
            self._discard(storage.join(self.folder, name))


def load_newest(folder: str, scratch: Path) -> Checkpoint | None:
    """The newest moment in a folder that others may be writing to, or remove; None where none can be read."""
    try:
        names = read(storage.join(folder, POINTER))[0].get("content", {}).get("checkpoints", [])
        for name in names:
            with contextlib.suppress(*UNREADABLE):
                return load(storage.join(folder, name), scratch)
    except (InputError, OSError):
        pass
    return None


def load(uri: str, scratch: Path) -> Checkpoint:
    folder = storage.at_hand(uri, scratch)
    try:
        with np.load(folder / STATE, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
    finally:
        if storage.is_remote(uri):
            shutil.rmtree(folder)
    return Checkpoint(json.loads(arrays.pop(META).tobytes()), arrays)
