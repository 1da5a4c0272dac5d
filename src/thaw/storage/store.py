"""A content-addressed store: results that take long to make, kept by a key of what they were made from.

An entry lies at `<store>/<kind>/<key>/`. Its files stand in a folder named by the checksum of their content, and its
manifest, which is written last, names that folder. So an entry is complete or absent. When two writers have made the
same entry with different bytes (a GPU need not give the same twice), the store keeps one of them whole. An entry that
is absent or damaged is made again.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from .. import storage
from .checksums import file_checksum

MANIFEST = "manifest.json"


class Store:
    """Entries by kind (`datasets`, `features`, …) and key, below a folder or `gs://` URI."""

    def __init__(self, uri: str) -> None:
        self.uri = uri

    def find(self, kind: str, key: str) -> dict[str, Any] | None:
        """The manifest that an entry was published with; None when it is absent. Its files are not checked."""
        record = self._record(kind, key)[0]
        return record["manifest"] if record else None

    def locate(self, kind: str, key: str) -> str | None:
        """URI of the folder with an entry's files; None when it is absent, or a file is missing or of another size."""
        return self._complete_folder(kind, key, self._record(kind, key)[0])

    def fetch(self, kind: str, key: str, scratch: Path) -> Path | None:
        """Local folder with an entry's files: that of a local store, or a copy below `scratch`. None as in `locate`."""
        files = self.locate(kind, key)
        return storage.local_path(files, scratch / kind / key) if files else None

    def publish(self, kind: str, key: str, folder: Path, manifest: dict[str, Any]) -> str:
        """Copy the files of `folder` into the store, the manifest last.

        Returns:
            URI of the folder with the entry's files; that of the earlier entry when there is a complete one.
        """
        present, generation = self._record(kind, key)
        if complete := self._complete_folder(kind, key, present):
            return complete
        name = _folder_name(folder)
        files = storage.join(self.uri, kind, key, name)
        storage.upload(folder, files)
        record = {"manifest": manifest, "folder": name, "files": storage.sizes(str(folder))}
        entry = json.dumps(record, indent=2, sort_keys=True).encode() + b"\n"
        if storage.compare_and_swap(storage.join(self.uri, kind, key, MANIFEST), entry, generation):
            return files
        return self.locate(kind, key) or files

    def _complete_folder(self, kind: str, key: str, record: dict[str, Any] | None) -> str | None:
        if record is None:
            return None
        files = storage.join(self.uri, kind, key, record["folder"])
        return files if record["files"] and storage.sizes(files) == record["files"] else None

    def _record(self, kind: str, key: str) -> tuple[dict[str, Any] | None, str]:
        """Content and generation of the manifest file; None for a content that is absent or not one of ours."""
        data, generation = storage.read_versioned(storage.join(self.uri, kind, key, MANIFEST))
        try:
            record = json.loads(data)
            return record if {"manifest", "folder", "files"} <= record.keys() else None, generation
        except (ValueError, AttributeError):
            return None, generation


def _folder_name(folder: Path) -> str:
    """Half of a SHA-256 over the names and contents of a folder's files."""
    digest = hashlib.sha256()
    for name in storage.listing(str(folder)):
        digest.update(f"{name}\0{file_checksum(folder / name)}\n".encode())
    return digest.hexdigest()[:32]
