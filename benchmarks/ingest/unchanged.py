"""A source of many files that has not changed since it was read."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from .measured import measured

INGEST = """
from pathlib import Path
import tempfile
from thaw.records import SourceOptions
from thaw.steps.ingest import step
def work(arguments):
    data, folder = arguments
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        dataset = step.run(data, folder + "/store", Path(scratch), SourceOptions(near_duplicates="keep"))
    return {"rows": sum(map(dataset.rows, dataset.counts))}
"""
FILES_A_FOLDER = 5_000
QUICK, FULL = 10_000, 100_000


def write_images(root: Path, files: int) -> None:
    """Different tiny images in folders of FILES_A_FOLDER, each folder a class."""
    random = np.random.default_rng(0)
    for start in range(0, files, FILES_A_FOLDER):
        folder = root / f"class-{start // FILES_A_FOLDER:03d}"
        folder.mkdir(parents=True)
        for number in range(start, min(start + FILES_A_FOLDER, files)):
            stream = io.BytesIO()
            Image.fromarray(random.integers(0, 256, (4, 4, 3), np.uint8)).save(stream, "PNG")
            (folder / f"{number}.png").write_bytes(stream.getvalue())


def run(files: int, rounds: int) -> list[str]:
    """Lines of the table: the first reading, and later ones of the same source."""
    with tempfile.TemporaryDirectory() as place:
        data = Path(place, "data")
        write_images(data, files)
        runs = [measured(INGEST, str(data), place) for _ in range(1 + rounds)]
    later = max(one.seconds for one in runs[1:])
    return [
        f"{files:,} image files",
        "",
        "| reading | seconds | peak MB |",
        "|---|---|---|",
        f"| the first | {runs[0].seconds:.1f} | {runs[0].peak / 1e6:.0f} |",
        f"| unchanged, the slowest of {rounds} | {later:.2f} | {max(one.peak for one in runs[1:]) / 1e6:.0f} |",
    ]
