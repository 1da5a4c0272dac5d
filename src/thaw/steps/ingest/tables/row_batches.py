"""Rows made of the chunks of a table, and the refusal of those that lack something."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ....records import RefusedKind, Split
from ..rows import Refused, RowBatch
from . import measures
from .chunks import Chunk, Column
from .image_cells import Load, readers
from .label_names import Labels
from .roles import Roles
from .row_names import row_names
from .split_values import SplitValues, split_name
from .values import absent, map_distinct, python_values


@dataclass
class Problems:
    """Rows that are refused, each for the first problem that it has."""

    sources: pa.Array
    kept: np.ndarray
    """(rows,) bool."""
    refused: dict[int, Refused]

    def refuse(self, bad: np.ndarray, kind: RefusedKind, reason: Callable[[int], str]) -> None:
        """Refuses the rows where `bad` is true, unless they are refused already."""
        for row in np.flatnonzero(bad & self.kept).tolist():
            self.refused[row] = Refused(self.sources[row].as_py(), kind, reason(row))
        self.kept &= ~bad


@dataclass(frozen=True)
class Assembly:
    """What rows are made with."""

    name: str
    roles: Roles
    labels: Labels
    split: Split | None
    """The split of all rows, where no column says."""
    split_values: SplitValues
    load: Load

    def batch(self, chunk: Chunk) -> RowBatch:
        """The rows of a chunk."""
        problems = self._problems(chunk)
        labels = self._labels(chunk.columns[self.roles.label], problems)
        contents = self._contents(chunk, problems)
        splits = self._splits(chunk, problems)
        times = self._measure(chunk, self.roles.time, measures.times, "no time", problems)
        weights = self._measure(chunk, self.roles.weight, measures.weights, "no positive number", problems)
        groups = measures.groups(chunk.columns[self.roles.group]) if self.roles.group else None
        kept = None if problems.kept.all() else pa.array(problems.kept)

        def left(values: pa.Array | None) -> pa.Array | None:
            return values if values is None or kept is None else values.filter(kept)

        return RowBatch(
            contents=left(contents) if isinstance(contents, pa.Array) else self._left(contents, problems.kept),
            labels=left(labels),
            sources=left(problems.sources),
            splits=left(splits),
            groups=left(groups),
            times=left(times),
            weights=left(weights),
            refused=(*chunk.refused, *(problems.refused[row] for row in sorted(problems.refused))),
        )

    def _problems(self, chunk: Chunk) -> Problems:
        sources = row_names(self.name, chunk.positions)
        return Problems(sources, np.ones(len(chunk.positions), bool), {})

    def _labels(self, column: Column, problems: Problems) -> pa.Array:
        labels = map_distinct(column, self.labels.name)
        problems.refuse(_nulls(labels), "label", lambda row: self.labels.reason(_value(column, row)))
        return labels

    def _contents(self, chunk: Chunk, problems: Problems) -> pa.Array | Sequence[Callable[[], bytes]]:
        if self.roles.text is None:
            column = chunk.columns[self.roles.image]
            problems.refuse(absent([column]), "content", lambda row: f"no image in column {self.roles.image!r}")
            return readers(column, self.load)
        texts = self.roles.text.texts(chunk.columns)
        nothing = absent([chunk.columns[column] for column in self.roles.text.columns])
        spelled = self.roles.text.spelled
        problems.refuse(nothing, "content", lambda row: f"no text in column {spelled!r}")
        kind, reason = self._not_text(chunk)
        problems.refuse(_nulls(texts), kind, lambda row: reason)
        blank = pc.or_(pc.equal(pc.binary_length(texts), 0), pc.utf8_is_space(texts))
        problems.refuse(_true(blank), "content", lambda row: "the text is empty")
        return texts

    def _not_text(self, chunk: Chunk) -> tuple[RefusedKind, str]:
        """What is wrong with values that are there and are no texts: of another type, or no UTF-8."""
        columns = self.roles.text.columns if self.roles.text else ()
        if any(isinstance(chunk.columns[column], list) for column in columns):
            return "content", f"no text in column {', '.join(columns)!r}"
        return "encoding", "the text is not UTF-8"

    def _splits(self, chunk: Chunk, problems: Problems) -> pa.Array | None:
        if not self.roles.split:
            return pa.repeat(pa.scalar(self.split), len(chunk.positions)) if self.split else None
        column = chunk.columns[self.roles.split]
        splits = map_distinct(column, self.split_values.split)
        unknown = map_distinct(column, lambda value: None if self.split_values.split(value) else split_name(value))
        problems.refuse(
            ~_nulls(unknown),
            "split",
            lambda row: f"the split {unknown[row].as_py()!r} is none of train, validation and test",
        )
        return splits if self.split is None else pc.fill_null(splits, self.split)

    def _measure(
        self, chunk: Chunk, column: str, of: Callable[[Column], pa.Array], lack: str, problems: Problems
    ) -> pa.Array | None:
        if not column:
            return None
        values = chunk.columns[column]
        found = of(values)
        problems.refuse(_nulls(found), "value", lambda row: f"{lack} in column {column!r}: {_value(values, row)!r:.60}")
        return found

    @staticmethod
    def _left(contents: Sequence[Callable[[], bytes]], kept: np.ndarray) -> Sequence[Callable[[], bytes]]:
        return [contents[row] for row in np.flatnonzero(kept).tolist()]


def _nulls(values: pa.Array) -> np.ndarray:
    return np.asarray(values.is_null().to_numpy(zero_copy_only=False))


def _true(values: pa.Array) -> np.ndarray:
    return np.asarray(pc.fill_null(values, False).to_numpy(zero_copy_only=False))


def _value(column: Column, row: int) -> Any:
    return python_values(column[row : row + 1])[0]
