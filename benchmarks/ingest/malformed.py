"""Malformed inputs of every kind: each is read or refused in one line, soon, and in little memory."""

from __future__ import annotations

import io
import json
import tarfile
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
from PIL import Image

from .measured import measured

INGEST = """
import sys
from pathlib import Path
import tempfile
from thaw.errors import InputError
from thaw.records import SourceOptions
from thaw.steps.ingest import step
def work(arguments):
    data, folder = arguments
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        try:
            step.run(data, folder + "/store", Path(scratch), SourceOptions(max_refused=1.0))
        except InputError as error:
            return {"outcome": 2.0 if "\\n" in str(error) else 1.0}
    return {"outcome": 0.0}
"""
OUTCOMES = ("read", "refused in one line", "refused in several lines")
QUICK, FULL = 50, 500
ROWS = 60
MAX_SECONDS = 60.0


def texts() -> list[tuple[str, str]]:
    """Rows of two classes, with quotes, commas, line ends and letters of several scripts."""
    random = Random(0)
    words = ["good", "плохо", 'a "mark"', "naïve", "良い", "semi;colon", "comma, here", "two\nlines"]
    return [(f"{' '.join(random.choices(words, k=6))} {row}", ("neg", "pos")[row % 2]) for row in range(ROWS)]


def csv_bytes(encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    import csv

    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter).writerows([("text", "label"), *texts()])
    return stream.getvalue().encode(encoding, "replace")


def table() -> pa.Table:
    contents, labels = zip(*texts(), strict=True)
    return pa.table({"text": contents, "label": labels})


def arrow_bytes(write: Callable[[pa.Table, io.BytesIO], None]) -> bytes:
    stream = io.BytesIO()
    write(table(), stream)
    return stream.getvalue()


def image_bytes(seed: int, kind: str = "PNG") -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (9, 9, 3), np.uint8)).save(stream, kind)
    return stream.getvalue()


def zip_bytes(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def tar_bytes(files: dict[str, bytes], mode: str) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def whole_files() -> dict[str, bytes]:
    """A file of every kind, by name."""
    lines = [json.dumps({"text": text, "label": label}) for text, label in texts()]
    images = {
        f"{'ab'[n % 2]}/{n}.{'png' if n % 3 else 'jpg'}": image_bytes(n, "PNG" if n % 3 else "JPEG") for n in range(12)
    }
    return {
        "x.csv": csv_bytes(),
        "utf16.csv": csv_bytes("utf-16"),
        "cyrillic.csv": csv_bytes("cp1251"),
        "x.tsv": csv_bytes(delimiter="\t"),
        "x.jsonl": "\n".join(lines).encode(),
        "x.json": f"[{','.join(lines)}]".encode(),
        "x.parquet": arrow_bytes(pq.write_table),
        "x.feather": arrow_bytes(pyarrow.feather.write_feather),
        "x.zip": zip_bytes({"x.csv": csv_bytes()}),
        "images.zip": zip_bytes(images),
        "images.tar": tar_bytes(images, "w"),
        "images.tar.gz": tar_bytes(images, "w:gz"),
        "images.tar.xz": tar_bytes(images, "w:xz"),
    }


def damaged(content: bytes, random: Random) -> bytes:
    """The content cut, with bytes changed, with bytes of another encoding, or with a part twice."""
    place = random.randrange(len(content))
    kind = random.randrange(5)
    if kind == 0:
        return content[:place]
    if kind == 1:
        changed = bytearray(content)
        for _ in range(random.randint(1, 8)):
            changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
        return bytes(changed)
    insertions = [b"\xff\xfe\x00", "плохо".encode("cp1251"), b'"', b"\0" * 64, b"\x1b[31m", b"\r", b"{{$}}"]
    if kind == 2:
        return content[:place] + random.choice(insertions) + content[place:]
    return content[:place] + content[max(0, place - 200) :] if kind == 3 else content + random.randbytes(500)


def run(cases: int, rounds: int) -> list[str]:
    """Lines of the table: what came of each kind of file, over `rounds` seeds."""
    files, found = whole_files(), dict[str, Counter[str]]()
    slowest, peak = 0.0, 0
    with tempfile.TemporaryDirectory() as place:
        for case in range(cases * rounds):
            name, content = list(files.items())[case % len(files)]
            data = Path(place, f"{case}-{name}")
            data.write_bytes(damaged(content, Random(case)))
            one = measured(INGEST, str(data), place, fallible=True)
            outcome = OUTCOMES[int(one.answer["outcome"])] if one.answer else "a traceback"
            found.setdefault(name, Counter())[outcome if one.seconds < MAX_SECONDS else "too slow"] += 1
            slowest, peak = max(slowest, one.seconds), max(peak, one.peak)
    total = sum(found.values(), Counter[str]())
    lines = [
        f"| {name} | {', '.join(f'{count} {what}' for what, count in kinds.most_common())} |"
        for name, kinds in found.items()
    ]
    head = f"{cases * rounds} files; the slowest took {slowest:.1f} s, the largest {peak / 1e6:.0f} MB"
    return [head, "", "| kind | outcomes |", "|---|---|", *lines, f"| all | {dict(total)} |"]
