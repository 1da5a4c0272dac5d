"""Measure the rows of the table, each side in a process of its own, and print it."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from thaw.cli.defaults import name_of
from thaw.errors import InputError

from . import bert, device, frozen, memory, partial, prefetch, sides, trainer
from .prepared import Prepared
from .results import Results
from .rows import Line, Row, Setting, turns
from .table import table

ROWS = (frozen.ROW, partial.ROW, bert.ROW, trainer.ROW, prefetch.ROW, memory.ROW, device.ROW)
FOLDER = Path(__file__).parents[1] / "results"


def main(arguments: Sequence[str]) -> int:
    given = parse(arguments)
    results = Results(Path(given.out) if given.out else FOLDER / f"training{suffix(given.data)}.json")
    lines: list[Line] = []
    with tempfile.TemporaryDirectory(prefix="thaw-benchmark-") as work:
        prepared = Prepared(Path(work), given.data, given.network)
        for row in ROWS:
            if (given.only and row.name not in given.only) or not prepared.serves(row):
                continue
            if why := row.absent():
                print(f"{row.name}: {why}")
                continue
            lines += measure(row, prepared, results, given.repeats, given.again)
    print(table(lines))
    return 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks.training", description=__doc__)
    parser.add_argument("--only", action="append", choices=[row.name for row in ROWS], help="may be repeated")
    parser.add_argument("--data", default="", help="other data; the rows of their modality are measured")
    parser.add_argument("--network", default="", help="another network, with --data or with rows of one modality")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", help=f"JSON file of results (default: {FOLDER.name}/training.json)")
    parser.add_argument("--again", action="store_true", help="measure also what the file already has")
    given = parser.parse_args(arguments)
    chosen = {row.modality for row in ROWS if row.modality and (not given.only or row.name in given.only)}
    if given.network and not given.data and len(chosen) > 1:
        parser.error("--network needs --data, or --only with rows of one modality")
    return given


def suffix(data: str) -> str:
    return f"-{name_of(data)}" if data else ""


def measure(row: Row, prepared: Prepared, results: Results, repeats: int, again: bool) -> list[Line]:
    """The row's lines, after running what the file lacks. Every single run is saved at once."""
    options = prepared.options_of(row.modality)
    entry = results.entry_of(row.name, options, again)
    runs = entry["sides"]
    missing = [side for turn, side in turns(row, repeats) if len(runs.get(side, ())) <= turn]
    if missing:
        work, entry["facts"] = prepared.at(row.modality)
        with row.set_up(Setting(work, dict(options))) as setting:
            for side in missing:
                run = sides.run(side, setting.work, setting.options, setting.environment)
                print(f"{side} {run['seconds']:.1f} s", flush=True)
                runs.setdefault(side, []).append(run)
                results.save(entry)
    lines = row.judge(runs, entry["facts"])
    entry["lines"] = [line.__dict__ for line in lines]
    results.save()
    return lines


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except InputError as error:
        sys.exit(str(error))
