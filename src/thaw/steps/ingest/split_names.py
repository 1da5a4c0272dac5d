"""What sources call their splits: folders, files, and the values of a split column."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...records import Split

NAMES: dict[str, Split] = {
    "train": "train",
    "training": "train",
    "trainset": "train",
    "trn": "train",
    "validation": "validation",
    "validate": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "devel": "validation",
    "development": "validation",
    "test": "test",
    "testing": "test",
    "testset": "test",
    "tst": "test",
    "eval": "test",
    "evaluation": "test",
    "holdout": "test",
    "heldout": "test",
    "hold-out": "test",
    "held-out": "test",
}
"""Lower case. `eval` is the test split where there is no other, as in the library `datasets`."""
EITHER = ("eval", "evaluation")
"""Beside a test split, and without a validation split, these are the validation split."""


def split_named(value: str) -> Split | None:
    """The split of that name, in any case, with digits after it or without; None when it is no name of a split.

    >>> split_named("Training"), split_named("test1"), split_named("val_2017"), split_named("cats")
    ('train', 'test', 'validation', None)
    """
    return NAMES.get(_plain(value))


def splits_named(names: Iterable[str]) -> dict[str, Split]:
    """Those of the names of folders or files that look like splits, with the split.

    `eval` depends on what stands beside it.

    >>> splits_named(["Training", "eval", "cats"])
    {'Training': 'train', 'eval': 'test'}
    >>> splits_named(["imdb_train.csv", "imdb_eval.csv", "imdb_test.csv"])
    {'imdb_train.csv': 'train', 'imdb_eval.csv': 'validation', 'imdb_test.csv': 'test'}
    """
    words = {name: word for name in names if (word := split_word(name))}
    sure = {NAMES[word] for word in words.values() if word not in EITHER}
    either: Split = "validation" if "test" in sure and "validation" not in sure else "test"
    return {name: either if word in EITHER else NAMES[word] for name, word in words.items()}


def split_word(name: str) -> str | None:
    """The word, in lower case, of the name of a folder or file that names a split.

    None when no word does, or words of several splits do.

    >>> split_word("train-00000-of-00002.parquet"), split_word("SegTest"), split_word("train_test.csv")
    ('train', 'test', None)
    """
    if _plain(name) in NAMES:
        return _plain(name)
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]
    named = [word for word in words if word in NAMES]
    return named[0] if len({NAMES[word] for word in named}) == 1 else None


def _plain(value: str) -> str:
    return re.sub(r"[\s_.-]*\d*$", "", value.strip().lower()).replace("_", "-").replace(" ", "-")
