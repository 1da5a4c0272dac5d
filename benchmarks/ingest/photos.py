"""JPEG photos from a folder to Parquet, against no more than decoding them, on as many processes as there are cores."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from thaw.cores import cores

from .measured import Measured, measured
from .photo_files import write_photos

INGEST = """
import tempfile
from pathlib import Path
from thaw.steps.ingest import step
def work(arguments):
    data, folder = arguments[:2]
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        dataset = step.run(data, folder + "/store", Path(scratch))
    return {"rows": sum(map(dataset.rows, dataset.counts)), "refused": dataset.rejected}
"""
DECODE = """
import multiprocessing
from pathlib import Path
from PIL import Image
def decode(path):
    with Image.open(path) as image:
        image.load()
def work(arguments):
    paths = sorted(Path(arguments[0]).rglob("*.jpg"))
    with multiprocessing.Pool(int(arguments[2])) as pool:
        return {"rows": sum(1 for _ in pool.imap_unordered(decode, paths, chunksize=64))}
"""
PARTS = """
import hashlib, time
from pathlib import Path
from PIL import Image
from thaw.data.image_checks import inspect
from thaw.data.images import decode
def milliseconds(act, items):
    started = time.perf_counter()
    for item in items:
        act(item)
    return 1000 * (time.perf_counter() - started) / len(items)
def load(path):
    with Image.open(path) as image:
        image.load()
def work(arguments):
    paths = sorted(Path(arguments[0]).rglob("*.jpg"))[:500]
    contents = [path.read_bytes() for path in paths]
    return {
        "read": milliseconds(Path.read_bytes, paths),
        "sha256": milliseconds(lambda content: hashlib.sha256(content).hexdigest(), contents),
        "inspect": milliseconds(inspect, contents),
        "whole decode": milliseconds(load, paths),
        "decode to 224": milliseconds(lambda content: decode(content, 224), contents),
    }
"""
SIDES = {"thaw": INGEST, "decode": DECODE}
QUICK, FULL = 5_000, 50_000


def run(rows: int, rounds: int) -> list[str]:
    """Lines of the tables: both sides in turn, medians of all rounds; then what a photo costs in each part."""
    found: dict[str, list[Measured]] = {side: [] for side in SIDES}
    with tempfile.TemporaryDirectory() as place:
        data = Path(place, "photos")
        size = write_photos(data, rows)
        for turn in range(rounds):
            for side in list(SIDES)[:: 1 if turn % 2 else -1]:
                with tempfile.TemporaryDirectory(dir=place) as folder:
                    found[side].append(measured(SIDES[side], str(data), folder, str(cores())))
        parts = measured(PARTS, str(data)).answer
    return [*table(found, rows, size), "", "| part | ms a photo, one thread |", "|---|---|", *costs(parts)]


def table(found: dict[str, list[Measured]], rows: int, size: int) -> list[str]:
    """Medians of each side, and the ratio of the speeds."""
    seconds = {side: statistics.median(one.seconds for one in runs) for side, runs in found.items()}
    lines = [f"{rows:,} photos, {size / 1e6:.0f} MB; medians of {len(found['thaw'])} rounds", "", HEAD, RULE]
    for side, runs in found.items():
        cpu, peak = statistics.median(one.cpu for one in runs), max(one.peak for one in runs)
        speed, kept = seconds["decode"] / seconds[side], runs[-1].answer["rows"]
        lines.append(f"| {side} | {seconds[side]:.2f} | {cpu:.2f} | {speed:.2f} | {peak / 1e6:.0f} | {kept:.0f} |")
    return lines


def costs(parts: dict[str, float]) -> list[str]:
    return [f"| {part} | {cost:.3f} |" for part, cost in parts.items()]


HEAD = "| side | seconds | CPU seconds | speed, decoding = 1 | peak MB, children too | rows |"
RULE = "|---|---|---|---|---|---|"
