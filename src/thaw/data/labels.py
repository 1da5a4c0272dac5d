"""Labels that differ in spelling alone."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Sequence

INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))


def normalised_label_groups(labels: Sequence[str]) -> list[tuple[str, ...]]:
    """Labels that differ by case, white space or Unicode form alone, in groups of two and more.

    >>> normalised_label_groups(["Spaced", "spaced ", "other", "Stra\\u00dfe", "STRASSE"])
    [('Spaced', 'spaced '), ('STRASSE', 'Straße')]
    """
    groups: dict[str, set[str]] = defaultdict(set)
    for label in labels:
        groups[normalised(label)].add(label)
    return sorted(
        (tuple(sorted(group)) for group in groups.values() if len(group) > 1), key=lambda group: group[0].casefold()
    )


def normalised(label: str) -> str:
    """The label in one Unicode form, without case, invisible signs or needless white space."""
    plain = unicodedata.normalize("NFKC", label).translate(INVISIBLE).casefold()
    return " ".join(unicodedata.normalize("NFKC", plain).split())
