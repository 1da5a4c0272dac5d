"""One checkpoint of a training: numbers and texts as JSON, and arrays by name, in one `.npz` file."""

from __future__ import annotations

import json
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import storage
from ..networks.protocol import StateDict

FILE, META = "state.npz", "meta"
READ_ERRORS = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)
"""Errors that reading a damaged checkpoint raises."""


@dataclass(frozen=True)
class Checkpoint:
    """A training between two updates."""

    meta: dict[str, Any]
    """JSON values."""
    arrays: StateDict


def write_checkpoint(checkpoint: Checkpoint, uri: str, scratch: Path) -> None:
    """Write into the new folder `uri`; `scratch` is used for a remote one."""
    local = scratch if storage.is_remote(uri) else Path(uri)
    local.mkdir(parents=True, exist_ok=True)
    meta = np.frombuffer(json.dumps(checkpoint.meta).encode(), np.uint8)
    arrays: dict[str, Any] = {META: meta, **checkpoint.arrays}
    with open(local / FILE, "wb") as file:
        np.savez(file, **arrays)
    if storage.is_remote(uri):
        storage.upload(local, uri)


def read_checkpoint(uri: str, scratch: Path) -> Checkpoint:
    """Read from the folder `uri`. One of READ_ERRORS when it is damaged or gone."""
    folder = storage.local_path(uri, scratch)
    try:
        with np.load(folder / FILE, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
    finally:
        if storage.is_remote(uri):
            shutil.rmtree(folder)
    return Checkpoint(json.loads(arrays.pop(META).tobytes()), arrays)
