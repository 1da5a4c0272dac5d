"""Folders of tables: splits, contests, partitions, saved datasets, and the images that tables name."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value

from tests.steps.ingest.sources.opened import png, read_source, write_images
from thaw.errors import InputError

ROWS = [(f"text number {n}", ("pos", "neg")[n % 2]) for n in range(12)]


def write_table(path: Path, rows: Sequence[tuple[str, ...]] = ROWS, header: str = "text,label") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *(",".join(row) for row in rows)]) + "\n")
    return path


def test_splits_by_name_and_by_folder(tmp_path: Path) -> None:
    for name in ("train-00000-of-00002", "train-00001-of-00002", "validation-00000-of-00001"):
        path = tmp_path / "named" / "data" / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({"text": [name, "b", "c"], "label": ["x", "y", "x"]}), path)
    found = read_source(tmp_path / "named")
    assert [split for _, _, split, _ in found.rows] == ["train"] * 6 + ["validation"] * 3
    assert found.readings[0].files == 3
    assert set(found.readings[0].splits.values()) == {"train", "validation"}
    assert "split_folders" in found.readings[0].guessed
    for name in ("Training", "Testing"):
        write_table(tmp_path / "folders" / name / "x.csv")
    found = read_source(tmp_path / "folders")
    assert [split for _, _, split, _ in found.rows] == ["test"] * 12 + ["train"] * 12
    assert found.readings[0].splits == {"Training": "train", "Testing": "test"}
    assert set(read_source(tmp_path / "folders", split_folders="no").splits.values()) == {None}


def test_a_table_beside_splits_is_a_question(tmp_path: Path) -> None:
    for name in ("train", "test", "more"):
        write_table(tmp_path / f"{name}.csv")
    with pytest.raises(InputError, match=r"look like splits, and 'more.csv' belongs to none.*--split-folders no"):
        read_source(tmp_path)
    assert len(read_source(tmp_path, split_folders="no").rows) == 36


def test_what_a_contest_hands_out(tmp_path: Path) -> None:
    write_table(tmp_path / "train.csv")
    write_table(tmp_path / "test.csv", [(f"unseen {n}",) for n in range(5)], "text")
    write_table(tmp_path / "sample_submission.csv", [(str(n), "pos") for n in range(5)], "id,label")
    found = read_source(tmp_path)
    assert {content for _, _, _, content in found.rows} == {text for text, _ in ROWS}
    assert set(found.refused) == {"test.csv", "sample_submission.csv"}
    assert found.kinds == {"file"}


def test_a_broken_table_is_not_passed_over(tmp_path: Path) -> None:
    write_table(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_text("text,other\nx,y\n")
    with pytest.raises(InputError, match=r"b.csv has no label column"):
        read_source(tmp_path)


def test_descriptions_beside_tables(tmp_path: Path) -> None:
    write_table(tmp_path / "x.csv")
    (tmp_path / "dataset_infos.json").write_text('{"default": {"features": {}}}')
    (tmp_path / "notes.json").write_text('{"license": "MIT"}')
    (tmp_path / "README.md").write_text("read me")
    found = read_source(tmp_path)
    assert len(found.rows) == 12
    assert set(found.refused) == {"dataset_infos.json", "notes.json", "README.md"}


def test_partitions_are_columns(tmp_path: Path) -> None:
    for label in ("hot%20dog", "cat", "train"):
        path = tmp_path / f"label={label}" / "part-0.parquet"
        path.parent.mkdir()
        pq.write_table(pa.table({"text": [f"{label} {n}" for n in range(4)]}), path)
    found = read_source(tmp_path)
    assert set(found.labels.values()) == {"hot dog", "cat", "train"}
    assert set(found.splits.values()) == {None}


def saved(folder: Path) -> Path:
    features = Features({"text": Value("string"), "label": ClassLabel(names=["neg", "pos"])})
    columns = {"text": [text for text, _ in ROWS], "label": [int(label == "pos") for _, label in ROWS]}
    both = Dataset.from_dict(columns, features=features)
    DatasetDict({"train": both, "test": both}).save_to_disk(folder)
    return folder


def test_saved_datasets_wherever_they_lie(tmp_path: Path) -> None:
    folder = saved(tmp_path / "x" / "deep" / "saved")
    (folder / "train" / "cache-1.arrow").write_bytes(b"")
    shutil.make_archive(str(tmp_path / "y"), "zip", tmp_path / "x")
    for data in (folder, tmp_path / "x", tmp_path / "y.zip"):
        found = read_source(data)
        assert len(found.rows) == 24
        assert found.class_names == ("neg", "pos")
        assert set(found.splits.values()) == {"train", "test"}
        assert [name.rpartition("/")[2] for name in found.refused] == ["cache-1.arrow"]


def test_images_that_tables_name(tmp_path: Path) -> None:
    write_images(tmp_path, "img/a.png", "img/b.png", "img/sub/c.png", "extra.png")
    names = ["img/a.png", "img\\b.png", "c.png", "../img/a.png", "/etc/x.png", "gone.png"]
    write_table(tmp_path / "labels.csv", [(name, f"l{n % 2}") for n, name in enumerate(names[:3])], "image,label")
    found = read_source(tmp_path)
    assert [content for _, _, _, content in found.rows] == [png(0), png(1), png(2)]
    assert found.refused == {"extra.png": "no row that is kept names this image"}
    write_table(tmp_path / "labels.csv", [(name, f"l{n % 2}") for n, name in enumerate(names)], "image,label")
    source = read_source(tmp_path, bad_contents=True)
    assert [content for _, _, _, content in source.rows[3:]] == [
        "the file name '../img/a.png' does not lie below the table",
        "the file name '/etc/x.png' does not lie below the table",
        "the image file 'gone.png' is not there",
    ]


def test_names_that_several_images_have(tmp_path: Path) -> None:
    write_images(tmp_path, "train/1.png", "test/1.png", "train/2.png")
    write_table(tmp_path / "train.csv", [("1.png", "a"), ("2.png", "b")], "file,label")
    found = read_source(tmp_path)
    assert [content for _, _, _, content in found.rows] == [png(0), png(2)]
    assert set(found.refused) == {"test/1.png"}


def test_an_image_folder_with_metadata(tmp_path: Path) -> None:
    write_images(tmp_path, "train/1.png", "train/2.png", "test/1.png")
    write_table(tmp_path / "train" / "metadata.csv", [("1.png", "a"), ("2.png", "b")], "file_name,label")
    (tmp_path / "test" / "metadata.jsonl").write_text('{"file_name": "1.png", "label": "a"}\n')
    found = read_source(tmp_path)
    assert found.splits == {
        "test/metadata.jsonl:1": "test",
        "train/metadata.csv:2": "train",
        "train/metadata.csv:3": "train",
    }
    assert {content for _, _, _, content in found.rows} == {png(0), png(1), png(2)}
    assert not found.refused


def test_tables_and_images_that_do_not_belong_together(tmp_path: Path) -> None:
    write_table(write_images(tmp_path, "cat/1.png", "dog/1.png") / "x.csv")
    with pytest.raises(InputError, match="has both images and tables"):
        read_source(tmp_path)
