"""Roles of a table's columns: as said, or by their names and what they hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ....errors import InputError
from ....records import Modality, SourceOptions
from .chunks import Column
from .column_kinds import Profile, profile
from .image_cells import file_name
from .label_column import find_label
from .role_names import IMAGES, NO_TEXTS, SPLITS, TEXTS, in_tiers, plain
from .split_values import are_splits
from .templates import Template, one_column, parse, present

LOADED = 3
"""Image files that are looked for, to tell whether a column names some."""


@dataclass(frozen=True)
class Roles:
    """Which column holds what; empty where none does."""

    modality: Modality
    label: str
    text: Template | None
    image: str = ""
    split: str = ""
    group: str = ""
    time: str = ""
    weight: str = ""

    def columns(self) -> list[str]:
        """All columns that must be read."""
        content = self.text.columns if self.text else (self.image,)
        every = (self.label, *content, self.split, self.group, self.time, self.weight)
        return list(dict.fromkeys(column for column in every if column))

    def as_record(self) -> dict[str, str]:
        """Role to column, for the record of the reading."""
        content = {"text": self.text.spelled} if self.text else {"image": self.image}
        others = {role: getattr(self, role) for role in ("label", "split", "group", "time", "weight")}
        return {**content, **{role: column for role, column in others.items() if column}}


@dataclass(frozen=True)
class Sample:
    """The first rows of a table."""

    name: str
    columns: Mapping[str, Column]
    profiles: Mapping[str, Profile]
    named: bool
    """The columns have names of their own."""
    load: Callable[[str], bytes]


def sample_of(name: str, columns: Mapping[str, Column], named: bool, load: Callable[[str], bytes]) -> Sample:
    return Sample(name, columns, {column: profile(values) for column, values in columns.items()}, named, load)


def find_roles(sample: Sample, options: SourceOptions) -> Roles:
    """What the columns are.

    Raises:
        InputError: A column is not there, or it is not clear which one is meant.
    """
    columns = list(sample.columns)

    def said(role: str) -> str:
        asked: str = getattr(options, f"{role}_column")
        return present(asked, columns, sample.name, f"--{role}-column") if asked else ""

    group, time, weight = said("group"), said("time"), said("weight")
    split = said("split") or _split(sample)
    label, text = said("label"), parse(options.text_column, columns, sample.name) if options.text_column else None
    taken = {split, group, time, weight, *(text.columns if text else ())}
    label = label or find_label(sample.profiles, taken, sample.name, sample.named)
    if text and label in text.columns:
        raise InputError(f"the column {label!r} of {sample.name} is both text and label", "name two columns")
    image = "" if text else _image(sample, taken | {label})
    if not image and not text:
        text = one_column(_text(sample, taken | {label}))
    return Roles("image" if image else "text", label, text, image, split, group, time, weight)


def _split(sample: Sample) -> str:
    """The column that names splits, by its name, and by its values unless it is called split."""
    found = in_tiers([SPLITS], list(sample.columns))[0]
    return next((column for column in found if are_splits(sample.profiles[column], sure=column.lower() == "split")), "")


def _image(sample: Sample, taken: set[str]) -> str:
    """The column of images: one that holds them, or names files that are there or that no text stands beside."""
    kinds = {column: each.kind for column, each in sample.profiles.items() if column not in taken}
    named = in_tiers([IMAGES], list(kinds))[0]
    held = [column for column, kind in kinds.items() if kind == "image"]
    if held:
        return next((column for column in named if column in held), held[0])
    files = [column for column in (*named, *kinds) if kinds[column] == "file"]
    if not files:
        return ""
    texts = [column for column, kind in kinds.items() if kind == "text"]
    return files[0] if not texts or _are_there(sample, files[0]) else ""


def _are_there(sample: Sample, column: str) -> bool:
    for value in sample.profiles[column].values[:LOADED]:
        try:
            if isinstance(value, str):
                sample.load(file_name(value))
                return True
        except (ValueError, OSError):
            continue
    return False


def _text(sample: Sample, taken: set[str]) -> str:
    """The column of texts, by name if the values are texts, else the only one of texts."""
    texts = [column for column, each in sample.profiles.items() if column not in taken and each.kind == "text"]
    for found in in_tiers(TEXTS, texts):
        if len(found) > 1:
            raise _several(sample.name, found)
        if found:
            return found[0]
    texts = [column for column in texts if plain(column) not in NO_TEXTS]
    spaced = [column for column in texts if sample.profiles[column].spaced > 0.5] or texts
    if len(spaced) == 1:
        return spaced[0]
    if spaced:
        raise _several(sample.name, spaced)
    raise _no_text(sample)


def _several(name: str, found: Sequence[str]) -> InputError:
    which = ", ".join(found)
    return InputError(
        f"{name} has {len(found)} columns of text ({which})",
        f"say which with --text-column {found[0]!r}, or join several: --text-column {','.join(found[:2])!r}",
    )


def _no_text(sample: Sample) -> InputError:
    held = ", ".join(f"{column}: {each.kind}" for column, each in sample.profiles.items())
    urls = any(each.kind == "url" for each in sample.profiles.values())
    do = "load the images first, and name their files" if urls else "give a column of texts or images, or --text-column"
    return InputError(f"{sample.name} has no columns of text and none of images ({held})", do)
