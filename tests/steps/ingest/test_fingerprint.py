from __future__ import annotations

import csv
import json
import tempfile
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from thaw.steps.ingest import step

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(str.strip)
rows = st.lists(st.tuples(texts, st.sampled_from("ab")), min_size=8, max_size=30, unique_by=lambda row: row[0]).filter(
    lambda some: min(sum(label == name for _, label in some) for name in "ab") >= 3
)


def fingerprint(path: Path, scratch: Path) -> str:
    scratch.mkdir()
    return step.run(str(path), str(scratch / "store"), scratch).fingerprint


@settings(max_examples=15)
@given(rows, st.randoms())
def test_neither_order_nor_format_matter_but_every_row_does(some: list[tuple[str, str]], random: Random) -> None:
    mixed = some.copy()
    random.shuffle(mixed)
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        with open(root / "x.csv", "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("text", "label"), *some])
        for name, lines in (("y", mixed), ("z", [("another", "a"), *some])):
            records = [json.dumps({"text": text, "label": label}) for text, label in lines]
            (root / f"{name}.jsonl").write_text("\n".join(records))
        first = fingerprint(root / "x.csv", root / "1")
        assert fingerprint(root / "y.jsonl", root / "2") == first
        assert fingerprint(root / "z.jsonl", root / "3") != first
