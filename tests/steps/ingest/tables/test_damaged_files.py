"""Files with flipped bits, missing and foreign bytes: rows or one line, never anything else."""

from __future__ import annotations

import random
from collections.abc import Callable

import pyarrow as pa
import pytest

from tests.steps.ingest.tables.opened import opened
from tests.steps.ingest.tables.test_formats import WRITERS
from thaw.errors import InputError
from thaw.steps.ingest.rows import RowBatch

ROWS = 60
TABLE = pa.table(
    {
        "text": [f"text, {row} é" + '\nmore "x"' * (row % 7 == 0) for row in range(ROWS)],
        "label": [row % 3 for row in range(ROWS)],
        "split": [("train", "test")[row % 2] for row in range(ROWS)],
    }
)
ENCODED = {
    f"{code}.csv": lambda table, code=code: WRITERS["x.csv"](table).decode().encode(code)
    for code in ("utf-16", "cp1252")
}


def cut(data: bytearray, rng: random.Random) -> bytearray:
    return data[: rng.randrange(len(data))]


def flipped(data: bytearray, rng: random.Random) -> bytearray:
    for _ in range(rng.choice([1, 1, 3, 20])):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return data


def stuffed(data: bytearray, rng: random.Random) -> bytearray:
    place = rng.randrange(len(data))
    return data[:place] + rng.randbytes(rng.randrange(1, 50)) + data[place:]


def shortened(data: bytearray, rng: random.Random) -> bytearray:
    place = rng.randrange(len(data))
    return data[:place] + data[place + rng.randrange(100) :]


@pytest.mark.parametrize("name", [*WRITERS, *ENCODED])
@pytest.mark.parametrize("damage", [cut, flipped, stuffed, shortened])
def test_damage_ends_in_rows_or_in_one_line(name: str, damage: Callable[[bytearray, random.Random], bytearray]) -> None:
    data = {**WRITERS, **ENCODED}[name](TABLE)
    for seed in range(6):
        try:
            table = opened(bytes(damage(bytearray(data), random.Random(seed))), name)
            for batch in table.batches() if table else ():
                check(batch)
        except InputError as error:
            one_line(str(error))


def check(batch: RowBatch) -> None:
    assert len(batch.contents) == len(batch.labels) == len(batch.sources)
    for column in (batch.contents, batch.labels, batch.sources, batch.splits):
        if isinstance(column, pa.Array):
            column.validate(full=True)
    for row in batch.refused:
        one_line(row.source)
        one_line(row.reason)


def one_line(text: str) -> None:
    assert text.encode()
    assert "\n" not in text
