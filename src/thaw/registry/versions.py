"""Versions of a model: each is named by its content and never changes."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from .. import storage
from ..errors import InputError
from ..records import Document, Release
from ..storage.checksums import file_checksums


def publish(model: Path, release: Release, records: Mapping[str, Document]) -> None:
    """Write the files of a version and read them back, or check those that are there.

    `release.json` is written last: a version with it is complete.

    Args:
        model: Folder with the files that `release.checksums` are of.
        release: The version; its `uri` says where.
        records: Further records to keep beside it, by file name.

    Raises:
        InputError: The version has other content.
    """
    complete = storage.exists(storage.join(release.uri, "release.json"))
    if not complete:
        storage.upload(model, storage.join(release.uri, "model"))
    check_content(release)
    if not complete:
        for name, record in {**records, "release.json": release}.items():
            storage.compare_and_swap(storage.join(release.uri, name), record.to_json().encode(), "")


def check_content(release: Release) -> None:
    """Check the files of a version against the checksums of its release.

    Raises:
        InputError: The files are not those that the version is named after.
    """
    with tempfile.TemporaryDirectory() as scratch:
        files = storage.download(storage.join(release.uri, "model"), Path(scratch))
        if file_checksums(files) != release.checksums:
            raise InputError(
                f"{release.uri} holds other files than the model it is named after",
                "find out who changed it, and delete that version's folder",
            )
