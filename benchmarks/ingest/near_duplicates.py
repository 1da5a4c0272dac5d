"""Nearly equal texts found among many, against equality of the texts but for case and white space."""

from __future__ import annotations

import tempfile
from pathlib import Path

from .measured import Measured, measured

COMMON = """
import csv
import numpy as np
import pyarrow as pa
def arrays(path):
    with open(path, newline="") as file:
        texts = [row[0] for row in csv.reader(file)][1:]
    for start in range(0, len(texts), 10_000):
        yield pa.array(texts[start : start + 10_000])
def recall(pairs, path):
    found = set(map(tuple, pairs.tolist()))
    planted = [tuple(map(int, line.split())) for line in open(path)]
    hits = sum(pair in found for pair in planted)
    return {"recall": hits / len(planted), "pairs": len(found), "others": len(found - set(planted))}
"""
NEAR = (
    COMMON
    + """
from thaw.data.near_duplicates import text_pairs
def work(arguments):
    return recall(text_pairs(arrays(arguments[0])), arguments[1])
"""
)
EQUAL = (
    COMMON
    + """
from thaw.data.near_duplicates import normalised
def work(arguments):
    first, pairs = {}, []
    row = 0
    for array in arrays(arguments[0]):
        for text in normalised(array).to_pylist():
            if text in first:
                pairs.append((first[text], row))
            first.setdefault(text, row)
            row += 1
    return recall(np.array(pairs).reshape(-1, 2), arguments[1])
"""
)
SIDES = {"shingles": NEAR, "equality": EQUAL}
PLANTED_SHARE = 0.01
QUICK, FULL = 100_000, 1_000_000


def plant(texts: Path, pairs: Path, rows: int) -> None:
    """Edited copies of texts at the end of the file, and a file with the places of each pair."""
    from random import Random

    random, lines = Random(1), texts.read_text().splitlines()
    chosen = random.sample(range(1, len(lines)), round(PLANTED_SHARE * rows))
    with texts.open("a") as file, pairs.open("w") as places:
        for number, line in enumerate(chosen):
            text, _, label = lines[line].rpartition(",")
            file.write(f"{edited(text, number, random.random())},{label}\n")
            places.write(f"{line - 1} {len(lines) - 1 + number}\n")


def edited(text: str, kind: int, where: float) -> str:
    """A text in upper case, with a letter changed, with a word more, or without its first word, by turns."""
    middle = 1 + int(where * (len(text) - 3))
    return [
        text.upper().replace(" ", "  "),
        text[:middle] + "x" + text[middle + 1 :] if text[middle] not in ' ",' else text.upper(),
        text[:middle] + (" really " if text[middle] == " " else "q") + text[middle:],
        text[0] + text[1:].partition(" ")[2] if text[0] == '"' else text.partition(" ")[2],
    ][kind % 4]


def run(rows: int, rounds: int) -> list[str]:
    """Lines of the table: both sides, the last of the rounds."""
    from .texts import write_texts

    with tempfile.TemporaryDirectory() as place:
        texts, pairs = Path(place, "texts.csv"), Path(place, "pairs")
        write_texts(texts, rows)
        plant(texts, pairs, rows)
        found = {
            side: [measured(code, str(texts), str(pairs)) for _ in range(rounds)][-1] for side, code in SIDES.items()
        }
    return [f"{rows:,} texts and {round(PLANTED_SHARE * rows):,} edited copies", "", HEAD, RULE, *lines(found)]


def lines(found: dict[str, Measured]) -> list[str]:
    """A line for each side."""
    return [
        f"| {side} | {one.seconds:.1f} | {one.cpu:.1f} | {one.peak / 1e6:.0f} | {one.answer['recall']:.3f} "
        f"| {one.answer['others']:.0f} |"
        for side, one in found.items()
    ]


HEAD = "| side | seconds | CPU seconds | peak MB | planted pairs found | other pairs |"
RULE = "|---|---|---|---|---|---|"
