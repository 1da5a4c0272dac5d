"""What is read from every kind of source, and the errors that bad sources get."""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import shutil
import tarfile
import tempfile
import uuid
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from thaw import storage
from thaw.data.shards import read_rows
from thaw.errors import InputError
from thaw.records import Dataset, SourceOptions
from thaw.steps.ingest import step

TEXTS = [(f"{word} number {n}", label) for label, word in (("neg", "bad"), ("pos", "good")) for n in range(20)]


@pytest.fixture
def ingest(tmp_path: Path) -> Callable[..., Dataset]:
    def run(data: Path | str, store: str = str(tmp_path / "store"), **options: Any) -> Dataset:
        return step.run(str(data), store, Path(tempfile.mkdtemp(dir=tmp_path)), SourceOptions(**options))

    return run


def write_csv(path: Path, rows: Sequence[tuple[str, ...]], header: tuple[str, ...] = ("text", "label")) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def write_jsonl(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def png(seed: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (5, 5, 3), dtype=np.uint8)).save(file, "PNG")
    return file.getvalue()


def image_tree(root: Path, splits: tuple[str, ...] = ("",), rows: int = 6) -> Path:
    seed = 0
    for split in splits:
        for label in ("cat", "dog"):
            folder = root / split / label
            folder.mkdir(parents=True)
            for n in range(rows):
                (folder / f"{n}.png").write_bytes(png(seed := seed + 1))
    return root


def reasons(dataset: Dataset) -> dict[str, str]:
    table = pq.read_table(dataset.rejected_uri)
    return dict(zip(table["source"].to_pylist(), table["reason"].to_pylist(), strict=True))


def contents(dataset: Dataset, tmp_path: Path) -> dict[str, str]:
    scratch = Path(tempfile.mkdtemp(dir=tmp_path))
    rows = read_rows(dataset, ["train", "validation", "test"], scratch)
    return {raw: dataset.classes[label] for raw, label in zip(rows.raw, rows.labels, strict=True)}


def test_csv(ingest: Callable[..., Dataset], tmp_path: Path) -> None:
    data = ingest(write_csv(tmp_path / "x.csv", TEXTS))
    assert (data.modality, data.classes) == ("text", ("neg", "pos"))
    assert sum(data.rows(split) for split in ("train", "validation", "test")) == 40
    assert min(min(data.counts[split]) for split in data.counts) >= 1
    assert not data.split_given
    assert (data.duplicates, data.leaked, data.rejected, data.rejected_uri) == (0, 0, 0, "")
    assert contents(data, tmp_path) == dict(TEXTS)
    assert data.shards["train"][0].startswith(str(tmp_path / "store" / "datasets" / data.fingerprint))


def test_the_format_does_not_matter(ingest: Callable[..., Dataset], tmp_path: Path) -> None:
    texts, labels = zip(*TEXTS, strict=True)
    tsv = tmp_path / "x.tsv"
    tsv.write_text("Label\tText\n" + "".join(f"{label}\t{text}\n" for text, label in reversed(TEXTS)))
    pq.write_table(pa.table({"sentence": texts, "category": labels}), tmp_path / "x.parquet")
    (tmp_path / "shards").mkdir()
    for n in range(4):
        write_csv(tmp_path / "shards" / f"part-{n}.csv", TEXTS[n::4])
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.write(tsv, "data/inner.tsv")
        archive.writestr("__MACOSX/data/._inner.tsv", "junk")
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "shards", "shards")
    sources = [
        write_csv(tmp_path / "x.csv", TEXTS),
        tsv,
        tmp_path / "x.parquet",
        tmp_path / "shards",
        tmp_path / "x.zip",
        tmp_path / "x.tar.gz",
        write_jsonl(tmp_path / "x.jsonl", [{"review": t, "class": c} for t, c in TEXTS]),
    ]
    datasets = [ingest(source) for source in sources]
    assert len({data.fingerprint for data in datasets}) == 1
    assert len({data.shards["train"] for data in datasets}) == 1


def test_images_by_class(ingest: Callable[..., Dataset], tmp_path: Path) -> None:
    root = image_tree(tmp_path / "images")
    (root / "cat" / "deep" / "er").mkdir(parents=True)
    (root / "cat" / "deep" / "er" / "x.png").write_bytes(png(99))
    (root / ".hidden").mkdir()
    (root / ".hidden" / "x.png").write_bytes(png(98))
    data = ingest(root)
    assert (data.modality, data.classes) == ("image", ("cat", "dog"))
    assert sum(map(sum, data.counts.values())) == 13
    rows = read_rows(data, ["train"], tmp_path)
    assert rows.raw[0] == (root / rows.source[0]).read_bytes()


def test_a_wrapped_archive_of_images(ingest: Callable[..., Dataset], tmp_path: Path) -> None:
    root = image_tree(tmp_path / "images")
    shutil.make_archive(str(tmp_path / "x"), "zip", tmp_path, "images")
    assert ingest(tmp_path / "x.zip").fingerprint == ingest(root).fingerprint


def test_split_folders(ingest: Callable[..., Dataset], tmp_path: Path) -> None:
    data = ingest(image_tree(tmp_path / "images", ("Train", "valid", "test")))
    assert data.split_given
    assert data.counts == {"train": (6, 6), "validation": (6, 6), "test": (6, 6)}


def test_what_the_given_splits_lack_is_taken_from_train(ingest: Callable[..., Dataset], tmp_path: Path) -> None:
    data = ingest(image_tree(tmp_path / "images", ("train", "test"), rows=20))
    assert data.counts["test"] == (20, 20)
    assert sum(data.counts["train"]) + sum(data.counts["validation"]) == 40
    assert min(data.counts["validation"]) >= 1
    data = ingest(image_tree(tmp_path / "only", ("train",), rows=20))
    assert min(map(min, data.counts.values())) >= 1


def test_a_split_column_and_split_files(ingest: Callable[..., Dataset], tmp_path: Path) -> None:
    names = ["train", "Dev", "TEST"]
    rows = [(text, label, names[n % 3]) for n, (text, label) in enumerate(TEXTS)]
    column = ingest(write_csv(tmp_path / "x.csv", rows, ("text", "label", "Split")))
    for name in names:
        part = [(text, label) for text, label, split in rows if split == name]
        write_csv(tmp_path / "folders" / name / "x.csv", part)
        write_csv(tmp_path / "files" / f"{name.lower()}-0000.csv", part)
    assert column.split_given
    assert ingest(tmp_path / "folders").fingerprint == column.fingerprint
    assert ingest(tmp_path / "files").fingerprint == column.fingerprint


def test_a_copy_of_a_test_row_leaves_training(ingest: Callable[..., Dataset], tmp_path: Path) -> None:
    rows = [(*row, "test" if n % 4 == 0 else "train") for n, row in enumerate(TEXTS)]
    copies = [(*TEXTS[0], "train"), (*TEXTS[4], "train"), (TEXTS[8][0].upper(), TEXTS[8][1], "train")]
    source = write_csv(tmp_path / "x.csv", [*rows, *copies, rows[0]], ("text", "label", "split"))
    data = ingest(source)
    assert (data.duplicates, data.leaked) == (1, 0)
    assert data.refused_kinds["duplicate"] == data.rejected >= 2
    assert sum(map(data.rows, data.counts)) + data.rejected == 44
    kept = ingest(source, near_duplicates="keep")
    assert (kept.duplicates, kept.leaked, kept.rejected) == (1, 3, 0)


def test_labels_that_are_numbers(ingest: Callable[..., Dataset], tmp_path: Path) -> None:
    texts = [f"text {n}" for n in range(48)]
    for values in ([float(n % 12) for n in range(48)], [n % 12 for n in range(48)], [str(n % 12) for n in range(48)]):
        pq.write_table(pa.table({"text": texts, "label": values}), tmp_path / "x.parquet")
        assert ingest(tmp_path / "x.parquet").classes == tuple(map(str, range(12)))
    pq.write_table(pa.table({"text": texts, "label": [n % 2 == 0 for n in range(48)]}), tmp_path / "x.parquet")
    assert ingest(tmp_path / "x.parquet").classes == ("0", "1")


def test_the_only_text_column_is_found(ingest: Callable[..., Dataset], tmp_path: Path) -> None:
    rows = [(str(n), text, label) for n, (text, label) in enumerate(TEXTS)]
    data = ingest(write_csv(tmp_path / "x.csv", rows, ("id", "body", "target")))
    assert contents(data, tmp_path) == dict(TEXTS)


def test_tables_of_images(ingest: Callable[..., Dataset], tmp_path: Path) -> None:
    root = image_tree(tmp_path / "images")
    files = sorted(root.rglob("*.png"))
    names, labels = [str(f.relative_to(tmp_path)) for f in files], [f.parent.name for f in files]
    raw = [f.read_bytes() for f in files]
    pq.write_table(pa.table({"image": raw, "label": labels}), tmp_path / "bytes.parquet")
    structs = [{"bytes": content, "path": None} for content in raw]
    pq.write_table(pa.table({"image": structs, "label": labels}), tmp_path / "structs.parquet")
    sixty_four = [base64.b64encode(content).decode() for content in raw]
    inner = [{"bytes": content, "path": "a.png"} for content in sixty_four]
    write_jsonl(tmp_path / "x.jsonl", [{"image": i, "label": c} for i, c in zip(inner, labels, strict=True)])
    write_csv(tmp_path / "x.csv", list(zip(names, labels, strict=True)), ("file", "label"))
    expected = ingest(root).fingerprint
    for name in ("bytes.parquet", "structs.parquet", "x.jsonl", "x.csv"):
        assert ingest(tmp_path / name).fingerprint == expected, name


def test_a_folder_with_images_and_the_table_that_names_them(ingest: Callable[..., Dataset], tmp_path: Path) -> None:
    root = image_tree(tmp_path / "x" / "images")
    rows = [(f"images/{f.parent.name}/{f.name}", f.parent.name) for f in root.rglob("*.png")]
    write_csv(tmp_path / "x" / "labels.csv", [*rows, ("images/no.png", "cat"), ("../a.png", "cat")], ("image", "label"))
    data = ingest(tmp_path / "x")
    assert sum(map(sum, data.counts.values())) == 12
    assert sorted(reasons(data).values()) == [
        "the file name '../a.png' does not lie below the table",
        "the image file 'images/no.png' is not there",
    ]


def test_encodings(ingest: Callable[..., Dataset], tmp_path: Path) -> None:
    rows = [(f"café {text}", label) for text, label in TEXTS]
    text = "text,label\n" + "".join(f"{t},{label}\n" for t, label in rows)
    found = set()
    for encoding in ("utf-8", "utf-8-sig", "latin-1"):
        (tmp_path / "x.csv").write_text(text, encoding=encoding)
        found.add(ingest(tmp_path / "x.csv").fingerprint)
    assert len(found) == 1


def test_gs_sources_and_store(ingest: Callable[..., Dataset], gcs: str, tmp_path: Path) -> None:
    base = f"{gcs}/{uuid.uuid4().hex}"
    root = image_tree(tmp_path / "images")
    storage.upload(root, f"{base}/images")
    write_csv(
        tmp_path / "x.csv",
        [(f"images/{f.relative_to(root)}", f.parent.name) for f in root.rglob("*.png")],
        ("image", "label"),
    )
    storage.write(f"{base}/x.csv", (tmp_path / "x.csv").read_bytes())
    shutil.make_archive(str(tmp_path / "x"), "zip", root)
    storage.write(f"{base}/x.zip", (tmp_path / "x.zip").read_bytes())
    expected = ingest(root)
    for name in ("images", "x.csv", "x.zip"):
        data = ingest(f"{base}/{name}", store=f"{base}/store")
        assert data.fingerprint == expected.fingerprint
        assert data.shards["train"][0].startswith(f"{base}/store/datasets/{data.fingerprint}/")
        assert list(read_rows(data, ["test"], tmp_path / "..").raw) == list(read_rows(expected, ["test"], tmp_path).raw)


def test_the_same_rows_are_not_written_again(ingest: Callable[..., Dataset], tmp_path: Path) -> None:
    first = ingest(write_csv(tmp_path / "x.csv", TEXTS))
    written = Path(first.shards["train"][0]).stat().st_mtime_ns
    again = ingest(write_csv(tmp_path / "y.csv", TEXTS[::-1]))
    assert again.shards == first.shards
    assert Path(first.shards["train"][0]).stat().st_mtime_ns == written


def test_refused_rows_are_set_aside_with_their_reasons(ingest: Callable[..., Dataset], tmp_path: Path) -> None:
    good = write_csv(tmp_path / "good.csv", TEXTS).read_text()
    (tmp_path / "x.csv").write_text(good + 'a,b,c\n" ",pos\nno label,\n')
    data = ingest(tmp_path / "x.csv")
    assert data.rejected == 3
    assert reasons(data) == {
        "x.csv:42": "has 3 values where the header has 2",
        "x.csv:43": "the text is empty",
        "x.csv:44": "no label in column 'label'",
    }
    write_jsonl(tmp_path / "x.jsonl", [{"text": t, "label": c} for t, c in TEXTS])
    with open(tmp_path / "x.jsonl", "a") as file:
        file.write('{"text": "cut\n[1]\n{"text": 5, "label": "pos"}\n{"text": "\\ud800", "label": "pos"}\n')
    found = reasons(ingest(tmp_path / "x.jsonl"))
    assert list(found) == ["x.jsonl:41", "x.jsonl:42", "x.jsonl:43", "x.jsonl:44"]
    assert found["x.jsonl:41"].startswith("not valid JSON")
    assert found["x.jsonl:43"] == "no text in column 'text'"


def test_unreadable_images_are_set_aside(ingest: Callable[..., Dataset], tmp_path: Path) -> None:
    root = image_tree(tmp_path / "images")
    (root / "cat" / "cut.png").write_bytes(png(0)[:60])
    (root / "cat" / "text.jpg").write_text("no image")
    (root / "cat" / "notes.txt").write_text("x")
    (root / "loose.png").write_bytes(png(77))
    data = ingest(root)
    assert data.rejected == 4
    found = reasons(data)
    assert found["cat/text.jpg"] == "not an image of a known format"
    assert "decoded" in found["cat/cut.png"]
    assert "unknown type" in found["cat/notes.txt"]
    assert found["loose.png"] == "not in the folder of a class"


def bad_sources(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    yield "there is nothing at", tmp_path / "nowhere"
    (tmp_path / "empty").mkdir()
    yield "is empty", tmp_path / "empty"
    (tmp_path / "x.docx").write_text("")
    yield "of an unknown type", tmp_path / "x.docx"
    (tmp_path / "x.xlsx").write_text("")
    yield "not a whole workbook", tmp_path / "x.xlsx"
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "x.pdf").write_text("")
    yield "has no images and no tables, but x.pdf", tmp_path / "docs"
    yield "only one class, 'neg'", write_csv(tmp_path / "one.csv", TEXTS[:9])
    yield (
        "a class has fewer than 3 different rows .*'rare' has 2",
        write_csv(tmp_path / "rare.csv", [*TEXTS, ("a", "rare"), ("b", "rare"), ("b", "rare")]),
    )
    yield (
        "5 classes have fewer than 3 .*'r0' has 1, 'r1' has 1, 'r2' has 1, …",
        write_csv(tmp_path / "many.csv", [*TEXTS, *((f"t{n}", f"r{n}") for n in range(5))]),
    )
    yield "no label column .its columns: text, mark.", write_csv(tmp_path / "nolabel.csv", TEXTS, ("text", "mark"))
    yield "2 columns of text", write_csv(tmp_path / "two.csv", [("a", "b", "c")], ("x", "y", "label"))
    yield "both images and tables", write_csv(image_tree(tmp_path / "mixed") / "x.csv", TEXTS).parent
    yield (
        "unknown value 'nonsense'",
        write_csv(tmp_path / "split.csv", [(*row, "nonsense") for row in TEXTS], ("text", "label", "split")),
    )
    yield (
        "train split has no rows of the class 'pos'",
        write_csv(
            tmp_path / "untrained.csv",
            [(t, c, "test" if c == "pos" else "train") for t, c in TEXTS],
            ("text", "label", "split"),
        ),
    )
    yield "no columns of text", write_csv(tmp_path / "blank.csv", [(" ", "pos")] * 4)
    yield "has no rows", write_csv(tmp_path / "header.csv", [])
    (tmp_path / "x.zip").write_bytes(b"PK\3\4 not a zip")
    yield "is damaged", tmp_path / "x.zip"
    (tmp_path / "x.tar.gz").write_bytes(b"\x1f\x8b\x08 not a tar")
    yield "is damaged", tmp_path / "x.tar.gz"
    (tmp_path / "x.parquet").write_bytes(b"PAR1 not parquet")
    yield "not a whole Parquet file", tmp_path / "x.parquet"
    (tmp_path / "x.jsonl").write_text('{"text": \nnonsense\n')
    yield "no row of x.jsonl can be read .*x.jsonl:1: not valid JSON", tmp_path / "x.jsonl"


@pytest.mark.parametrize("number", range(19))
def test_bad_input_is_told_what_is_wrong(ingest: Callable[..., Dataset], tmp_path: Path, number: int) -> None:
    cases = list(bad_sources(tmp_path))
    assert len(cases) == 19
    message, data = cases[number]
    with pytest.raises(InputError, match=message) as raised:
        ingest(data)
    assert "\n" not in str(raised.value)


def test_an_absent_bucket_or_object(ingest: Callable[..., Dataset], gcs: str) -> None:
    with pytest.raises(InputError, match="there is no bucket 'no-such-bucket'"):
        ingest("gs://no-such-bucket/x.csv")
    with pytest.raises(InputError, match="there is nothing at"):
        ingest(f"{gcs}/no/such/object.csv")


def test_an_unwritable_store(ingest: Callable[..., Dataset], tmp_path: Path) -> None:
    source = write_csv(tmp_path / "x.csv", TEXTS)
    with pytest.raises(InputError, match="cannot be written"):
        ingest(source, store=str(source / "below"))


@pytest.mark.parametrize("protected", ["x.csv", "folder", "folder/cat"])
def test_no_permission_to_read(protected: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        write_csv(root / "x.csv", TEXTS)
        image_tree(root / "folder")
        for name in ("store", "scratch"):
            (root / name).mkdir()
            (root / name).chmod(0o777)
        root.chmod(0o755)
        (root / protected).chmod(0)
        with unprivileged(), pytest.raises(InputError, match="cannot be read"):
            step.run(str(root / protected.split("/")[0]), str(root / "store"), root / "scratch")
        (root / protected).chmod(0o755)


class unprivileged:
    """Drop the rights of root, who may read every file."""

    def __enter__(self) -> None:
        self.user = os.geteuid()
        if self.user == 0:
            os.seteuid(65534)

    def __exit__(self, *_: object) -> None:
        os.seteuid(self.user)
