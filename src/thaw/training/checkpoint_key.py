"""The folder in the store where the checkpoints of a training lie, named by what its updates depend on."""

from __future__ import annotations

import hashlib
from pathlib import Path

from .. import storage
from ..networks.protocol import Network
from ..records import Plan

CODE_FOLDERS = ("heads", "networks", "training")
"""Folders of the package whose code computes weights."""


def checkpoint_folder(store: str, plan: Plan, network: Network) -> str:
    """The URI of the folder, named by the SHA-256 of the plan (with its dataset), the initial weights and this code.

    A pilot is the beginning of the training that continues from it: `start_from` has no part in the name.
    """
    own = plan.model_copy(update={"start_from": ""})
    settings = network.preprocessing.to_json(), network.compute_dtype
    parts = [own.to_json(), network.fingerprint, *settings, code_version()]
    return storage.join(store, "checkpoints", hashlib.sha256("\0".join(parts).encode()).hexdigest())


def checkpoint_key(folder: str) -> str:
    """The last part of a checkpoint folder's URI: the same in every store."""
    return folder.rstrip("/").rpartition("/")[2]


def code_version() -> str:
    """SHA-256 of the sources in CODE_FOLDERS: a training does not continue with weights that other code computed."""
    digest = hashlib.sha256()
    package = Path(__file__).parent.parent
    for source in sorted(path for folder in CODE_FOLDERS for path in (package / folder).rglob("*.py")):
        digest.update(f"{source.relative_to(package)}\0".encode() + source.read_bytes())
    return digest.hexdigest()
