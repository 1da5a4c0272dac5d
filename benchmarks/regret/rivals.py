"""The simplest rivals of the chooser: a constant for each kind of network, and evidence from other datasets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from thaw.records import Strategy

from .cells import Cell, Seed
from .choosers import Chooser, Learned
from .measure import Regrets, regrets
from .noise import SeedNoise

SHUFFLES = 5
SMALL_ROWS = 300
"""Rows below which cells are of one size: all of them have five rows of each class."""


def constant_of_kind(cell: Cell, seed: Seed) -> Strategy:
    """Frozen for convolutions, full for transformers."""
    return "frozen" if cell.convolutional else "full"


def shuffled_choosers(cells: Sequence[Cell]) -> list[Learned]:
    """Choosers that are learned from shuffled evidence, and choose by it."""
    return [Learned(shuffle_profiles(cells, number)) for number in range(SHUFFLES)]


def shuffle_profiles(cells: Sequence[Cell], number: int) -> list[Cell]:
    """The cells, each with the profiles of a random one of the same kind of network and size; the scores are its own.

    Args:
        cells: The cells of the table.
        number: Seed of the permutation.
    """
    random = np.random.default_rng(number)
    groups: dict[tuple[bool, int], list[Cell]] = defaultdict(list)
    for cell in cells:
        groups[kind_and_size(cell)].append(cell)
    donors = {key: iter([group[row] for row in random.permutation(len(group))]) for key, group in groups.items()}
    return [with_profiles(cell, next(donors[kind_and_size(cell)])) for cell in cells]


def kind_and_size(cell: Cell) -> tuple[bool, int]:
    """Whether the network is convolutional, and the rows; 0 for few."""
    return cell.convolutional, cell.rows if cell.rows >= SMALL_ROWS else 0


def with_profiles(cell: Cell, donor: Cell) -> Cell:
    """The cell with the donor's profiles."""
    profiles = [donor.seeds[place % len(donor.seeds)].profile for place in range(len(cell.seeds))]
    return replace(
        cell, seeds=[replace(seed, profile=profile) for seed, profile in zip(cell.seeds, profiles, strict=True)]
    )


def regrets_of_all(cells: Sequence[Cell], choosers: Sequence[Chooser], noise: SeedNoise) -> Regrets:
    """Regrets of several choosers on the same cells, as those of one."""
    parts = [regrets(cells, chooser, noise) for chooser in choosers]
    return Regrets(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("each", "hits", "family")))
