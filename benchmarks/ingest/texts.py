"""A million texts from CSV to Parquet, against the library `datasets`, which checks nothing."""

from __future__ import annotations

import statistics
import tempfile
from itertools import islice
from pathlib import Path
from random import Random

from .measured import Measured, measured

INGEST = """
from pathlib import Path
from thaw.records import SourceOptions
from thaw.steps.ingest import step
def work(arguments):
    data, folder = arguments
    dataset = step.run(data, folder + "/store", Path(folder), SourceOptions(near_duplicates="keep"))
    return {"rows": sum(map(dataset.rows, dataset.counts)), "refused": dataset.rejected}
"""
DATASETS = """
import datasets
datasets.disable_progress_bars()
def work(arguments):
    data, folder = arguments
    read = datasets.load_dataset("csv", data_files=data, cache_dir=folder + "/cache")
    read.save_to_disk(folder + "/saved")
    return {"rows": read["train"].num_rows}
"""
SIDES = {"thaw": INGEST, "datasets": DATASETS}
WORDS_A_TEXT = 16
QUICK, FULL = 100_000, 1_000_000


def write_texts(path: Path, rows: int) -> None:
    """A CSV of different texts of some 100 bytes in two classes; words by Zipf's law, one text in four with a comma."""
    random = Random(0)
    vocabulary = [f"{random.choice('bcdfglmnprst')}{random.choice('aeiou')}{number:x}" for number in range(30_000)]
    weights = [1 / rank for rank in range(1, len(vocabulary) + 1)]
    words = iter(lambda: random.choices(vocabulary, weights, k=100_000), None)
    stream = (word for some in words for word in some)
    with open(path, "w") as file:
        file.write("text,label\n")
        for row in range(rows):
            text = " ".join(islice(stream, WORDS_A_TEXT)) + f" {row}"
            quoted = f'"{text}, indeed"' if row % 4 == 0 else text
            file.write(f"{quoted},{('negative', 'positive')[row % 2]}\n")


def run(rows: int, rounds: int) -> list[str]:
    """Lines of the table: both sides in turn, medians of all rounds."""
    found: dict[str, list[Measured]] = {side: [] for side in SIDES}
    with tempfile.TemporaryDirectory() as place:
        data = Path(place, "texts.csv")
        write_texts(data, rows)
        for turn in range(rounds):
            for side in list(SIDES)[:: 1 if turn % 2 else -1]:
                with tempfile.TemporaryDirectory(dir=place) as folder:
                    found[side].append(measured(SIDES[side], str(data), folder))
        size = data.stat().st_size
    return table(found, rows, size)


def table(found: dict[str, list[Measured]], rows: int, size: int) -> list[str]:
    """Medians of each side, and the ratio of the speeds."""
    seconds = {side: statistics.median(one.seconds for one in runs) for side, runs in found.items()}
    lines = [f"{rows:,} texts, {size / 1e6:.0f} MB; medians of {len(found['thaw'])} rounds", "", HEAD, RULE]
    for side, runs in found.items():
        cpu, peak = statistics.median(one.cpu for one in runs), max(one.peak for one in runs)
        speed = seconds["datasets"] / seconds[side]
        lines.append(f"| {side} | {seconds[side]:.2f} | {cpu:.2f} | {speed:.2f} | {peak / 1e6:.0f} |")
    return lines


HEAD = "| side | seconds | CPU seconds | speed, `datasets` = 1 | peak MB, children too |"
RULE = "|---|---|---|---|---|"
