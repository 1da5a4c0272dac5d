"""Values of a column as Python's, however Arrow holds them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .chunks import Column


class Unreadable:
    """Stands for what Python cannot hold: a date outside of its calendar, a string that is no UTF-8."""

    def __repr__(self) -> str:
        return "a value out of range"


UNREADABLE = Unreadable()


def python_values(column: Column) -> list[Any]:
    """All values, one by one."""
    return column if isinstance(column, list) else [python_value(value) for value in column]


def python_value(value: Any) -> Any:
    try:
        return value.as_py()
    except (ValueError, OverflowError, ArithmeticError, pa.ArrowException):
        return UNREADABLE


def head(column: Column, rows: int) -> Column:
    return column[:rows]


def map_distinct(column: Column, name_of: Callable[[Any], str | None]) -> pa.Array:
    """A string for each value, or null; `name_of` is asked once for each different value."""
    if isinstance(column, list):
        return pa.array(list(map(_remembering(name_of), column)), pa.string())
    values, places = distinct(column)
    return pa.array([name_of(value) for value in values], pa.string()).take(places)


def _remembering(name_of: Callable[[Any], str | None]) -> Callable[[Any], str | None]:
    """The same function, which asks once for each string and number."""
    known: dict[tuple[type, Any], str | None] = {}

    def name(value: Any) -> str | None:
        if not isinstance(value, str | int | float):
            return name_of(value)
        key = (type(value), value)
        if key not in known:
            known[key] = name_of(value)
        return known[key]

    return name


def distinct(column: pa.Array) -> tuple[list[Any], pa.Array]:
    """Different values, and the place among them of each row (null where it has none)."""
    flat = decoded(column)
    try:
        encoded = flat.dictionary_encode()
    except (pa.ArrowException, NotImplementedError):
        return python_values(flat), pa.array(np.arange(len(flat)))
    return python_values(encoded.dictionary), encoded.indices


def decoded(column: pa.Array) -> pa.Array:
    """The same values without a dictionary, runs, views or an extension type."""
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if pa.types.is_run_end_encoded(column.type):
        column = pc.run_end_decode(column)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    plain = {pa.string_view(): pa.large_string(), pa.binary_view(): pa.large_binary()}.get(column.type)
    return column if plain is None else column.cast(plain)


def strings(column: Column) -> pa.Array:
    """Text as it stands, null where there is none or where it is no UTF-8."""
    if isinstance(column, list):
        return pa.array([value if is_text(value) else None for value in column], pa.string())
    flat = decoded(column)
    kind = flat.type
    if pa.types.is_fixed_size_binary(kind):
        flat = flat.cast(pa.binary())
    elif not (_is_string(kind) or _is_binary(kind)):
        return pa.nulls(len(flat), pa.string())
    try:
        flat.validate(full=True)
        return flat.cast(pa.string())
    except pa.ArrowException:
        raw = flat.cast(pa.large_binary(), safe=False) if _is_string(kind) else flat
        return pa.array([_decoded_text(value) for value in raw.to_pylist()], pa.string())


def _is_string(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _is_binary(kind: pa.DataType) -> bool:
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)


def is_text(value: Any) -> bool:
    """Whether it is a string that can be written as UTF-8; JSON has some that cannot."""
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _decoded_text(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return None


def absent(columns: Sequence[Column]) -> np.ndarray:
    """(rows,) bool: null in each of the columns."""
    masks = [
        np.array([value is None for value in column], bool)
        if isinstance(column, list)
        else column.is_null().to_numpy(zero_copy_only=False)
        for column in columns
    ]
    return np.logical_and.reduce(masks)
