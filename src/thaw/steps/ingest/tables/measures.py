"""Groups, times and weights of rows."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .chunks import Column
from .label_names import label_name, whole_number
from .values import decoded, distinct, map_distinct

MAX_TIME = 2**63 - 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def groups(column: Column) -> pa.Array:
    """(rows,) strings; null where a row is in none."""
    return map_distinct(column, lambda value: None if (name := label_name(value)) is None else whole_number(name))


def times(column: Column) -> pa.Array:
    """(rows,) int64, ascending: microseconds for dates, numbers as they are; null where there is none."""
    if isinstance(column, list):
        return pa.array([time_of(value) for value in column], pa.int64())
    flat = decoded(column)
    if pa.types.is_timestamp(flat.type) or pa.types.is_date(flat.type):
        return _microseconds(flat)
    if pa.types.is_string(flat.type) and (found := _parsed(flat)) is not None:
        return found
    values, places = distinct(flat)
    return pa.array([time_of(value) for value in values], pa.int64()).take(places)


def _microseconds(values: pa.Array) -> pa.Array:
    kind = values.type
    if pa.types.is_date(kind):
        per_unit = 86_400_000_000 if pa.types.is_date32(kind) else 1000
        raw = values.cast(pa.int32() if pa.types.is_date32(kind) else pa.int64()).cast(pa.int64())
        return _times(raw, per_unit)
    raw = values.cast(pa.int64())
    return pc.divide(raw, 1000) if kind.unit == "ns" else _times(raw, {"s": 10**6, "ms": 1000, "us": 1}[kind.unit])


def _times(raw: pa.Array, factor: int) -> pa.Array:
    """The product, null where it is too large."""
    fits = pc.less_equal(pc.abs(raw), MAX_TIME // factor)
    return pc.multiply(pc.if_else(fits, raw, pa.scalar(None, pa.int64())), factor)


def _parsed(values: pa.Array) -> pa.Array | None:
    """Strings that are all dates of ISO 8601; None where they are not."""
    try:
        return values.cast(pa.timestamp("us")).cast(pa.int64())
    except pa.ArrowException:
        return None


def time_of(value: Any) -> int | None:
    """A date or a number as an ascending whole number.

    >>> time_of("1970-01-02"), time_of(date(1970, 1, 2)), time_of("1970-01-01T01:00:00+01:00"), time_of("12.0")
    (86400000000, 86400000000, 0, 12)
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return round((aware - EPOCH).total_seconds() * 10**6)
    if isinstance(value, date):
        return time_of(datetime(value.year, value.month, value.day))
    if isinstance(value, int | float | Decimal):
        return math.floor(value) if math.isfinite(value) and -MAX_TIME <= value <= MAX_TIME else None
    return _of_text(value.strip()) if isinstance(value, str) else None


def _of_text(value: str) -> int | None:
    if re.fullmatch(r"[+-]?\d+(\.\d*)?", value) and not re.fullmatch(r"(19|20)\d{6}", value):
        return time_of(Decimal(value))
    try:
        return time_of(datetime.fromisoformat(value))
    except ValueError:
        return None


def weights(column: Column) -> pa.Array:
    """(rows,) float64, positive and finite; null where there is none such."""
    if isinstance(column, list):
        return pa.array([weight_of(value) for value in column], pa.float64())
    values, places = distinct(column)
    return pa.array([weight_of(value) for value in values], pa.float64()).take(places)


def weight_of(value: Any) -> float | None:
    """A positive number; None for anything else.

    >>> weight_of("2"), weight_of(0), weight_of("nan"), weight_of(True)
    (2.0, None, None, None)
    """
    try:
        number = 0.0 if value is None or isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if 0 < number < math.inf else None
