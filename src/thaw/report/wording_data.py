"""Sentences of a dataset: how its source was read, what was guessed, and what was wrong with its rows."""

from __future__ import annotations

from ..records import Dataset, Reading, RefusedKind

FLAGS = {
    "encoding": "--encoding",
    "delimiter": "--delimiter",
    "header": "--header",
    "text_column": "--text-column",
    "image_column": "--text-column",
    "label_column": "--label-column",
    "split_column": "--split-column",
    "split_folders": "--split-folders",
}
"""The options that overrule what was guessed."""
KINDS: dict[RefusedKind, str] = {
    "structure": "broken lines",
    "encoding": "bytes that are no text",
    "label": "no usable label",
    "content": "no content",
    "split": "an unknown split",
    "image": "images that cannot be decoded",
    "size": "too large",
    "file": "files that are no data",
    "folder": "in no folder of a class",
    "value": "a value of another column that cannot be read",
    "duplicate": "copies of rows that are tested",
}
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "spaces"}


def data_sentences(dataset: Dataset) -> list[str]:
    """How the source was read and what ingest noticed; empty for a dataset of an earlier version without readings."""
    return [*map(reading, dataset.readings), *map(guesses, filter(_guessed, dataset.readings)), *findings(dataset)]


def reading(fact: Reading) -> str:
    """What a table or folder was read as."""
    more = f" and {fact.files - 1:,} more" if fact.files > 1 else ""
    parts = [
        f"{fact.encoding} text" if fact.encoding else "",
        f"values between {DELIMITERS.get(fact.delimiter, repr(fact.delimiter))}" if fact.delimiter else "",
        "without a header" if fact.header is False else "",
        *(f"{role} from {column!r}" for role, column in fact.columns.items()),
        f"names of classes from the {fact.class_names}" if fact.class_names else "",
        ", ".join(f"{name!r} is {split}" for name, split in fact.splits.items() if name != split),
    ]
    said = "; ".join(filter(None, parts))
    kind = " ".join(filter(None, (fact.format, fact.compression)))
    return f"Read {fact.file}{more} as {kind}{f': {said}' if said else ''}."


def guesses(fact: Reading) -> str:
    """What nobody said, with the option that says it."""
    flags = ", ".join(dict.fromkeys(f"{name.replace('_', ' ')} ({FLAGS[name]})" for name in _guessed(fact)))
    return f"Guessed: {flags}."


def findings(dataset: Dataset) -> list[str]:
    """What was set aside, and what the labels have against each other."""
    sentences = [refused(dataset)] if dataset.rejected else []
    if dataset.near_duplicates:
        sentences.append(f"{dataset.near_duplicates:,} of the removed copies are near ones, not equal.")
    if dataset.conflicts:
        sentences.append(f"{dataset.conflicts:,} contents stand under several labels (--conflicts majority).")
    for group in dataset.similar_labels:
        names = ", ".join(map(repr, group))
        sentences.append(f"The classes {names} differ in spelling alone (--similar-labels merge).")
    return sentences


def refused(dataset: Dataset) -> str:
    """The rows that were set aside, by their kind."""
    kinds = sorted(dataset.refused_kinds.items(), key=lambda item: -item[1])
    reasons = ", ".join(f"{rows:,} {KINDS[kind]}" for kind, rows in kinds)
    return f"Set aside {dataset.rejected:,} rows{f' ({reasons})' if reasons else ''}: {dataset.rejected_uri}."


def _guessed(fact: Reading) -> list[str]:
    return [name for name in fact.guessed if name in FLAGS]
