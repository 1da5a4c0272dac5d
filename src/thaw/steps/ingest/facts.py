"""Facts of a dataset, from the ids, labels and splits of its rows."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence

from ...records import SPLITS, Split
from .collect import Collected


def sorted_classes(labels: Sequence[str]) -> list[str]:
    """Names of the classes, by number when every one is a whole number."""
    classes = sorted(set(labels))
    return sorted(classes, key=int) if all(re.fullmatch(r"-?\d+", label) for label in classes) else classes


def fingerprint_of(collected: Collected, splits: Sequence[Split]) -> str:
    """SHA-256 over ids, labels and splits of the rows, whatever their order."""
    rows = sorted(zip(collected.ids, collected.labels, splits, strict=True))
    digest = hashlib.sha256()
    for row in rows:
        digest.update("\0".join(row).encode() + b"\n")
    return digest.hexdigest()


def class_counts(
    labels: Sequence[str], splits: Sequence[Split], classes: Sequence[str]
) -> dict[Split, tuple[int, ...]]:
    """Rows of each class, per split."""
    rows = Counter(zip(splits, labels, strict=True))
    return {split: tuple(rows[split, label] for label in classes) for split in SPLITS}


def leaked_rows(ids: Sequence[str], splits: Sequence[Split]) -> int:
    """Number of test rows whose content is also in train or validation."""
    rows = list(zip(ids, splits, strict=True))
    seen = {content for content, split in rows if split != "test"}
    return sum(split == "test" and content in seen for content, split in rows)
