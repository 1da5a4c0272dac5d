"""Labels as the user wants them: renamed, joined, one against all others, or left out."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence

import numpy as np

from ... import storage
from ...data.labels import normalised_label_groups
from ...errors import InputError
from ...records import SourceOptions

LEFT_OUT = ""
"""The name of what is no class."""
REST = "other"
"""The class of all labels but the positive one."""


def class_names(names: Sequence[str], rows: np.ndarray, options: SourceOptions) -> dict[str, str]:
    """What each label is called in the dataset; LEFT_OUT for labels whose rows are left out.

    Args:
        names: The labels of the source.
        rows: (labels,) int, how many rows each has.
        options: Tells what is renamed, merged and positive.

    Raises:
        InputError: A label that an option names is not there, or labels are alike and are to be refused.
    """
    mapping = _renamed(names, options.labels)
    counts: dict[str, int] = {}
    for name, count in zip(names, rows.tolist(), strict=True):
        counts[mapping[name]] = counts.get(mapping[name], 0) + count
    merged = _merged(counts, options)
    mapping = {name: merged[target] for name, target in mapping.items()}
    if not options.positive:
        return mapping
    if options.positive not in mapping.values():
        raise InputError(f"there is no label {options.positive!r}, but {_some(names)}", "correct --positive")
    rest = REST if options.positive != REST else f"not {REST}"
    return {name: target if target in (options.positive, LEFT_OUT) else rest for name, target in mapping.items()}


def alike(names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Groups of labels that differ by case, white space or Unicode form alone."""
    return tuple(tuple(group) for group in normalised_label_groups([name for name in names if name != LEFT_OUT]))


def _merged(counts: Mapping[str, int], options: SourceOptions) -> dict[str, str]:
    """Labels that are alike under the spelling that most rows have, where that was asked for."""
    merged = {name: name for name in counts}
    groups = alike(sorted(counts)) if options.similar_labels in ("merge", "refuse") else ()
    if groups and options.similar_labels == "refuse":
        raise InputError(f"the labels {_some(groups[0])} differ in spelling alone", "correct them, or merge them")
    for group in groups:
        best = max(group, key=lambda name: (counts[name], name))
        merged |= dict.fromkeys(group, best)
    return merged


def _renamed(names: Sequence[str], file: str) -> dict[str, str]:
    renamed = label_map(file) if file else {}
    if unknown := sorted(set(renamed) - set(names)):
        raise InputError(f"{file} renames {unknown[0]!r}, and the data have {_some(names)}", f"correct {file}")
    return {name: renamed.get(name, name) for name in names}


def label_map(file: str) -> dict[str, str]:
    """The labels in a CSV file of two columns, with what each is called instead; a header is optional.

    Raises:
        InputError: The file is absent or has another form.
    """
    try:
        lines = list(csv.reader(storage.read(file).decode("utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{file} cannot be read ({error})", "give a CSV file with two columns: label,name") from error
    rows = [[cell.strip() for cell in line] for line in lines if line]
    if any(len(row) != 2 for row in rows) or len({row[0] for row in rows}) < len(rows):
        raise InputError(f"{file} is no table of two columns with each label once", "write lines such as `1,positive`")
    head = [row for row in rows[:1] if [cell.lower() for cell in row] == ["label", "name"]]
    return dict(rows[len(head) :])


def _some(names: Sequence[str]) -> str:
    more = ", …" if len(names) > 5 else ""
    return ", ".join(repr(name) for name in names[:5]) + more
