"""Texts made of one column or several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from string import Formatter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ....errors import InputError
from .chunks import Column
from .label_names import label_name
from .values import decoded, is_text, map_distinct, strings


@dataclass(frozen=True)
class Template:
    """Columns with fixed text before each, and at the end."""

    columns: tuple[str, ...]
    literals: tuple[str, ...]
    """One more than columns; all empty for one column as it stands."""
    spelled: str
    """As the user wrote it, or the column's name."""

    def texts(self, columns: Mapping[str, Column]) -> pa.Array:
        """(rows,) strings; null where every column is."""
        if len(self.columns) == 1 and not any(self.literals):
            return _own_text(columns[self.columns[0]])
        parts = [_any_text(columns[column]) for column in self.columns]
        pieces: list[pa.Array | pa.Scalar] = [pa.scalar(self.literals[0])]
        for part, literal in zip(parts, self.literals[1:], strict=True):
            pieces += [pc.fill_null(part, ""), pa.scalar(literal)]
        joined = pc.binary_join_element_wise(*pieces, "")
        empty = np.logical_and.reduce([part.is_null().to_numpy(zero_copy_only=False) for part in parts])
        return pc.if_else(pa.array(~empty), joined, pa.scalar(None, pa.string()))


def _own_text(column: Column) -> pa.Array:
    """Strings as they stand; where a column has one type, which is another, the names of its values."""
    return strings(column) if isinstance(column, list) or _is_text(decoded(column).type) else _any_text(column)


def _any_text(column: Column) -> pa.Array:
    """Strings as they stand; other values by their names."""
    if not isinstance(column, list) and _is_text(decoded(column).type):
        return strings(column)
    return map_distinct(column, lambda value: value if is_text(value) else label_name(value))


def _is_text(kind: pa.DataType) -> bool:
    return any(
        test(kind)
        for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    )


def one_column(column: str) -> Template:
    return Template((column,), ("", ""), column)


def parse(spelled: str, columns: Sequence[str], name: str) -> Template:
    """A column, several with commas between, or a template such as `{title}: {body}`.

    Raises:
        InputError: A column is not there.
    """
    if spelled in columns:
        return one_column(spelled)
    if "{" in spelled:
        return _of_template(spelled, columns, name)
    parts = [present(part.strip(), columns, name, "--text-column") for part in spelled.split(",")]
    return Template(tuple(parts), ("", *["\n"] * (len(parts) - 1), ""), spelled)


def _of_template(spelled: str, columns: Sequence[str], name: str) -> Template:
    try:
        pieces = [(literal, field) for literal, field, _, _ in Formatter().parse(spelled)]
    except ValueError as error:
        raise InputError(f"the template {spelled!r} cannot be read ({error})", "write it as {title}: {body}") from error
    literals, fields = [""], []
    for literal, field in pieces:
        literals[-1] += literal
        if field is not None:
            fields.append(present(field, columns, name, "--text-column"))
            literals.append("")
    if not fields:
        raise InputError(f"the template {spelled!r} names no column", "write it as {title}: {body}")
    return Template(tuple(fields), tuple(literals), spelled)


def present(column: str, columns: Sequence[str], name: str, option: str) -> str:
    """The column of that name, in any case.

    Raises:
        InputError: There is none; the nearest name is given.
    """
    if column in columns:
        return column
    same = [each for each in columns if each.lower() == column.lower()]
    if len(same) == 1:
        return same[0]
    near = get_close_matches(column.lower(), [each.lower() for each in columns], 1, 0.5)
    nearest = next((each for each in columns if near and each.lower() == near[0]), columns[0] if columns else "")
    found = ", ".join(columns)
    raise InputError(f"{name} has no column {column!r} (its columns: {found})", f"give {option} {nearest!r}")
