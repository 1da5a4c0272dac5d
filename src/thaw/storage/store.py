"""The shared store: what is dear to make, kept by what it is made from.

An entry lies at `<store>/<kind>/<key>/`. Its files stand in a folder named by their own content, and its manifest,
which is written last and once, names that folder. So an entry is whole or absent, and of two writers who made the same
entry with different bytes (a GPU need not repeat itself) one wins whole. A miss or a damaged entry is made anew.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from .. import storage

MANIFEST = "manifest.json"


class Store:
    """Entries by kind (`datasets`, `features`, …) and key, below a folder or `gs://` URI."""

    def __init__(self, uri: str) -> None:
        self.uri = uri

    def find(self, kind: str, key: str) -> dict[str, Any] | None:
        """The manifest that the entry was published with; None on a miss. Its files are not looked at."""
        record = self._record(kind, key)[0]
        return record["manifest"] if record else None

    def locate(self, kind: str, key: str) -> str | None:
        """URI of the folder with the entry's files; None on a miss or when a file is gone or of another size."""
        return self._whole(kind, key, self._record(kind, key)[0])

    def fetch(self, kind: str, key: str, scratch: Path) -> Path | None:
        """The entry's folder: in place when the store is local, else copied below `scratch`. None as for `locate`."""
        files = self.locate(kind, key)
        return storage.at_hand(files, scratch / kind / key) if files else None

    def publish(self, kind: str, key: str, folder: Path, manifest: dict[str, Any]) -> str:
        """Copy the files of `folder` into the store, the manifest last.

        Returns the URI of the folder with the entry's files; that of the earlier one when the entry is there and whole.
        """
        present, generation = self._record(kind, key)
        if whole := self._whole(kind, key, present):
            return whole
        name = _digest(folder)
        files = storage.join(self.uri, kind, key, name)
        storage.upload(folder, files)
        record = {"manifest": manifest, "folder": name, "files": storage.sizes(str(folder))}
        entry = json.dumps(record, indent=2, sort_keys=True).encode() + b"\n"
        if storage.swap(storage.join(self.uri, kind, key, MANIFEST), entry, generation):
            return files
        return self.locate(kind, key) or files

    def _whole(self, kind: str, key: str, record: dict[str, Any] | None) -> str | None:
        if record is None:
            return None
        files = storage.join(self.uri, kind, key, record["folder"])
        return files if record["files"] and storage.sizes(files) == record["files"] else None

    def _record(self, kind: str, key: str) -> tuple[dict[str, Any] | None, str]:
        """What the manifest file holds, and its generation; None for it when it is absent or not one of ours."""
        data, generation = storage.read_versioned(storage.join(self.uri, kind, key, MANIFEST))
        try:
            record = json.loads(data)
            return record if {"manifest", "folder", "files"} <= record.keys() else None, generation
        except (ValueError, AttributeError):
            return None, generation


def _digest(folder: Path) -> str:
    """SHA-256 over the names and contents of a folder's files, shortened."""
    total = hashlib.sha256()
    for name in storage.listing(str(folder)):
        with open(folder / name, "rb") as file:
            total.update(f"{name}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()[:32]
