"""Measure rows of the table of ingest, print them, and keep them in benchmarks/results/ingest-ROW.json."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from ..training.results import machine, now, versions
from . import malformed, near_duplicates, photos, texts, unchanged

RESULTS = Path(__file__).parents[1] / "results"
ROWS: dict[str, ModuleType] = {
    "texts": texts,
    "photos": photos,
    "near-duplicates": near_duplicates,
    "unchanged": unchanged,
    "malformed": malformed,
}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser("python -m benchmarks.ingest", description=__doc__)
    parser.add_argument("row", choices=ROWS)
    parser.add_argument("--full", action="store_true", help="as many rows as the table names, instead of a tenth")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args(arguments)
    row = ROWS[given.row]
    lines = row.run(row.FULL if given.full else row.QUICK, given.rounds)
    print("\n".join(lines))
    command = " ".join(["python -m benchmarks.ingest", *arguments])
    kept = {"command": command, "date": now(), "machine": machine(), "versions": versions(), "table": lines}
    name = f"ingest-{given.row}.json"
    (RESULTS / name).write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
