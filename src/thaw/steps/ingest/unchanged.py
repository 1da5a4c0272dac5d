"""Sources that were read before: known again by their listing, without a look into the files."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ... import storage
from ...records import Dataset, SourceOptions
from ...storage.store import Store
from .labels import label_map
from .sources import listing_fingerprint

READING_VERSION = 1
"""Version of what reads a source. Another one reads every source again."""
RECORD = "dataset.json"


def recall(data: str, options: SourceOptions, store: Store, scratch: Path) -> tuple[str, Dataset | None]:
    """The key of a source as it is listed now, and the dataset that was read from it, if that is still whole.

    The key is empty where the listing does not tell whether a file has changed.
    """
    key = source_key(data, options)
    if not key:
        return "", None
    folder = store.fetch("sources", key, scratch)
    if folder is None:
        return key, None
    dataset = Dataset.read(folder / RECORD)
    return key, dataset if _is_whole(dataset, store) else None


def source_key(data: str, options: SourceOptions) -> str:
    """The key of what is read from a source as it is listed now; empty where the listing does not tell of changes."""
    listed = listing_fingerprint(data)
    renamed = sorted(label_map(options.labels).items()) if options.labels else ""
    parts = READING_VERSION, data, listed, options.model_dump_json(), renamed
    return hashlib.sha256(repr(parts).encode()).hexdigest() if listed is not None else ""


def remember(key: str, dataset: Dataset, store: Store, scratch: Path) -> None:
    """Keep the record of a dataset under its source's key."""
    if key:
        folder = scratch / "source-record"
        folder.mkdir()
        dataset.write(folder / RECORD)
        store.publish("sources", key, folder, {"dataset": dataset.fingerprint})


def _is_whole(dataset: Dataset, store: Store) -> bool:
    refused = not dataset.rejected_uri or storage.exists(dataset.rejected_uri)
    return refused and store.locate("datasets", dataset.fingerprint) is not None
