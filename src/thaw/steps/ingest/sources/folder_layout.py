"""What the folders of a source are: wrappers, splits or classes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from ....errors import InputError
from ....records import SourceOptions, Split
from ..split_names import splits_named

Folders = tuple[str, ...]
"""The folders that a file lies in, from the top."""


@dataclass(frozen=True)
class Layout:
    """Which folders of a file's name are its split and its class, as their places from the top."""

    label: int = 0
    split: int | None = None
    splits: Mapping[str, Split] = field(default_factory=dict)
    """What the folders of splits are called, to what they are here."""
    guessed: bool = False
    """Whether some folder looks like a split, and no option says what it is."""

    def split_of(self, folders: Folders) -> Split | None:
        """ValueError with the reason where the others have a split and these have none."""
        if self.split is None:
            return None
        name = folders[self.split] if len(folders) > self.split else ""
        if name not in self.splits:
            raise ValueError(f"not in a folder {' or '.join(self.splits)}, as the others are")
        return self.splits[name]

    def label_of(self, folders: Folders) -> str:
        """ValueError with the reason where there is no class."""
        if len(folders) <= self.label or not folders[self.label].strip():
            raise ValueError("not in the folder of a class")
        return folders[self.label].strip()


def find_layout(folders: Collection[Folders], options: SourceOptions, data: str) -> Layout:
    """How images lie in classes, and in splits.

    Raises:
        InputError: Folders may be splits or classes, and the options do not say which.
    """
    wrap = _wrapping(folders, options)
    inside = {each[wrap:] for each in folders if len(each) > wrap}
    tops = {each[0] for each in inside}
    named = splits_named(tops)
    asked = options.split_folders
    if asked != "no" and _are_splits(inside, named, asked, data):
        label = wrap + 1 + _between(each[1:] for each in inside if each[0] in named)
        return Layout(label, wrap, named, not asked)
    below = splits_named({each[1] for each in inside if len(each) > 1})
    if asked != "no" and _are_splits_of_classes(inside, below, asked, data):
        return Layout(wrap, wrap + 1, below, not asked)
    if asked == "yes":
        raise InputError(f"no folder of {data} is called as splits are", "call them train, validation and test")
    return Layout(wrap, guessed=bool(named) and not asked)


def find_table_splits(folders: Collection[Folders], options: SourceOptions, data: str) -> Layout:
    """Whether tables lie in folders of splits; their classes stand in the tables."""
    wrap = _wrapping(folders, options)
    tops = {each[wrap] for each in folders if len(each) > wrap}
    named = splits_named(tops)
    if options.split_folders == "no" or not named:
        return Layout()
    several = len(set(named.values())) > 1
    if several and len(named) < len(tops) and not options.split_folders:
        _ask(named, data)
    if several or options.split_folders or len(named) == len(tops):
        return Layout(split=wrap, splits=named, guessed=not options.split_folders)
    return Layout()


def _wrapping(folders: Collection[Folders], options: SourceOptions) -> int:
    """Number of folders around everything."""
    wrap = 0
    while True:
        tops = {each[wrap] for each in folders if len(each) > wrap}
        deeper = any(len(each) > wrap + 1 for each in folders)
        if len(tops) != 1 or not deeper or (splits_named(tops) and options.split_folders != "no"):
            return wrap
        wrap += 1


def _between(folders: Iterable[Folders]) -> int:
    """Number of folders between every split and its classes, as in train/images/cat."""
    inside, depth = set(folders), 0
    while len({each[depth] if len(each) > depth else "" for each in inside}) == 1:
        if not all(len(each) > depth + 1 for each in inside):
            break
        depth += 1
    return depth


def _are_splits(folders: Collection[Folders], named: Mapping[str, Split], asked: str, data: str) -> bool:
    """Whether the top folders are splits: a class may be called train, as long as no other is called test."""
    if asked == "yes" or not named:
        return bool(named)
    all_named = all(each[0] in named for each in folders)
    with_classes = any(len(each) > 1 for each in folders if each[0] in named)
    if len(set(named.values())) == 1:
        return all_named and with_classes
    if not all_named or not with_classes:
        _ask(named, data)
    return True


def _are_splits_of_classes(folders: Collection[Folders], named: Mapping[str, Split], asked: str, data: str) -> bool:
    """Whether the folders below the classes are splits, as in cat/train."""
    if len(set(named.values())) < 2:
        return False
    if all(len(each) > 1 and each[1] in named for each in folders):
        return True
    both = any(_splits_in(top, folders, named) > 1 for top in {each[0] for each in folders})
    if both and not asked:
        _ask(named, data)
    return both


def _splits_in(top: str, folders: Collection[Folders], named: Mapping[str, Split]) -> int:
    return len({named[each[1]] for each in folders if each[0] == top and len(each) > 1 and each[1] in named})


def _ask(named: Mapping[str, Split], data: str) -> NoReturn:
    """The question that a user has to answer."""
    names = " and ".join(repr(name) for name in sorted(named)[:3])
    raise InputError(
        f"the folders {names} of {data} may be splits or classes",
        "give --split-folders yes when they are splits, or --split-folders no when they are classes",
    )
