from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.networks import tiny
from thaw.records import Dataset
from thaw.steps.ingest import step as ingest
from thaw.steps.profile import findings, step

WRONG = frozenset(range(0, 160, 16))


def noisy_texts(folder: Path, store: str) -> Dataset:
    """160 texts of two classes, of which those in WRONG are under the other label."""
    rows = list(zip(*tiny.texts(160), strict=True))
    names = sorted({label for _, label in rows})
    with open(folder / "noisy.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        for number, (text, label) in enumerate(rows):
            other = names[1 - names.index(label)]
            writer.writerow([f"{text} {number}", other if number in WRONG else label])
    return ingest.run(str(folder / "noisy.csv"), store, folder)


def test_planted_labels_are_named_by_their_source(tiny_text_model: Path, store: str, tmp_path: Path) -> None:
    dataset = noisy_texts(tmp_path, store)
    found = step.inspect(dataset, str(tiny_text_model), store, tmp_path)
    kept = findings.parquet_bytes(found.suspects)
    table = pq.read_table(pa.BufferReader(kept)).to_pylist()
    labels = [row for row in table if row["kind"] == "label"]
    record = found.profile.findings
    assert record
    assert (record.suspect_labels, record.outliers) == (len(labels), len(table) - len(labels))
    assert [each.row for each in record.suspects if each.kind == "label"] == [row["id"] for row in labels][:24]
    margins = [row["margin"] for row in labels]
    assert margins == sorted(margins, reverse=True)
    assert all(row["claimed_by"] != row["label"] and row["claimed_by"] in dataset.classes for row in labels)
    texts = [each.excerpt for each in record.suspects if each.kind == "label"]
    named = {int(text.rsplit(" ", 1)[1]) for text in texts}
    assert len(named & WRONG) >= 0.8 * len(named) > 0
    assert found.profile.label_noise == record.suspect_labels / found.profile.sample_rows


def test_rows_that_do_not_fit_the_network(texts: Dataset) -> None:
    sizes = np.array([10, 20, 30])
    assert findings.unfit_rows(texts, sizes, 20).tolist() == [False, False, True]
    images = texts.model_copy(update={"modality": "image"})
    assert findings.unfit_rows(images, sizes, 20).tolist() == [True, False, False]
