"""Images in folders of classes, wrappers and splits, and what else may lie there."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tests.steps.ingest.sources.opened import png, read_source, write_images
from thaw.errors import InputError
from thaw.records import SourceOptions
from thaw.steps.ingest.sources.folder_layout import find_layout


def layout(*names: str, split_folders: str = "") -> dict[str, tuple[str | None, str | None]]:
    """Split and class of each name; None for what has none."""
    folders = {name: tuple(name.split("/")[:-1]) for name in names}
    found = find_layout(set(folders.values()), SourceOptions(max_refused=0.2, split_folders=split_folders), "data")
    placed: dict[str, tuple[str | None, str | None]] = {}
    for name, each in folders.items():
        try:
            placed[name] = (found.split_of(each), found.label_of(each))
        except ValueError:
            placed[name] = (None, None)
    return placed


def test_the_top_folder_is_the_class(tmp_path: Path) -> None:
    found = read_source(write_images(tmp_path / "x", "cat/1.png", "cat/deep/er/2.png", "dog/1.JPG", ".hid/a/1.png"))
    assert found.modality == "image"
    assert found.labels == {"cat/1.png": "cat", "cat/deep/er/2.png": "cat", "dog/1.JPG": "dog"}
    assert [content for _, _, _, content in found.rows] == [png(0), png(1), png(2)]
    assert set(found.splits.values()) == {None}
    assert found.readings[0].format == "folder"
    assert not found.readings[0].guessed


@pytest.mark.parametrize("wrapper", ["data", "data/images/all"])
def test_wrapping_folders_are_seen_through(tmp_path: Path, wrapper: str) -> None:
    write_images(tmp_path / "x", f"{wrapper}/cat/1.png", f"{wrapper}/dog/1.png")
    (tmp_path / "x" / "README.md").write_text("read me")
    found = read_source(tmp_path / "x")
    assert set(found.labels.values()) == {"cat", "dog"}
    assert list(found.refused) == ["README.md"]


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("Training", "Testing"),
        ("train", "eval"),
        ("train", "test1"),
        ("TRAIN", "valid"),
        ("trn", "dev"),
        ("train2017", "val2017"),
        ("training_set", "test_set"),
        ("train", "holdout"),
        ("train_images", "test_images"),
        ("seg_train", "seg_test"),
    ],
)
def test_folders_called_like_splits_are_splits(train: str, test: str) -> None:
    found = layout(f"{train}/cat/1", f"{train}/dog/1", f"{test}/cat/1", f"{test}/dog/1")
    assert {label for _, label in found.values()} == {"cat", "dog"}
    assert found[f"{train}/cat/1"][0] == "train"
    assert found[f"{test}/cat/1"][0] in ("validation", "test")


def test_eval_is_what_the_others_are_not() -> None:
    three = layout("train/cat/1", "eval/cat/1", "test/cat/1")
    assert [split for split, _ in three.values()] == ["train", "validation", "test"]


@pytest.mark.parametrize(
    "names",
    [
        ("train/1", "test/1"),
        ("train/1", "test1/1"),
        ("Training/1", "Testing/1"),
        ("train/a/1", "eval/a/1", "cats/1"),
        ("cat/train/1", "cat/test/1", "dog/1"),
    ],
)
def test_what_may_be_splits_or_classes_is_asked(names: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match=r"may be splits or classes: give --split-folders yes .* --split-folders no"):
        layout(*names)
    assert None not in {label for _, label in layout(*names, split_folders="no").values()}
    assert layout(*names, split_folders="yes").keys() == set(names)


def test_the_option_decides() -> None:
    names = ("train/cat/1", "test/cat/1", "other/cat/1")
    assert [label for _, label in layout(*names, split_folders="no").values()] == ["train", "test", "other"]
    assert list(layout(*names, split_folders="yes").values()) == [("train", "cat"), ("test", "cat"), (None, None)]
    with pytest.raises(InputError, match="no folder of data is called as splits are"):
        layout("cat/1", "dog/1", split_folders="yes")


@pytest.mark.parametrize("names", [("train/1", "car/1"), ("test/1", "rest/1", "best/1"), ("train1/1", "train2/1")])
def test_a_class_may_be_called_like_one_split(names: tuple[str, ...]) -> None:
    assert {name.split("/")[0] for name in names} == {label for _, label in layout(*names).values()}


def test_splits_below_classes_and_folders_between() -> None:
    below = layout("cat/train/1", "cat/test/1", "dog/train/1", "dog/test/1")
    assert below["dog/test/1"] == ("test", "dog")
    between = layout("data/train/images/cat/1", "data/train/images/dog/1", "data/val/images/cat/1")
    assert between["data/val/images/cat/1"] == ("validation", "cat")


def test_train_alone_is_a_split(tmp_path: Path) -> None:
    found = read_source(write_images(tmp_path / "x", "train/cat/1.png", "train/dog/1.png"))
    assert set(found.splits.values()) == {"train"}
    assert found.readings[0].splits == {"train": "train"}
    assert found.readings[0].guessed == ("split_folders",)
    assert read_source(tmp_path / "x", split_folders="yes").readings[0].guessed == ()


def test_images_of_no_class_are_refused(tmp_path: Path) -> None:
    found = read_source(write_images(tmp_path / "x", "loose.png", "cat/1.png", "dog/1.png"))
    assert found.refused == {"loose.png": "not in the folder of a class"}
    assert found.kinds == {"folder"}
    write_images(tmp_path / "flat", "cat1.png", "dog1.png")
    with pytest.raises(InputError, match="lie in no folders of classes"):
        read_source(tmp_path / "flat")


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    root = write_images(tmp_path / "x", "cat/1.png", "dog/1.png")
    os.mkfifo(root / "cat" / "pipe.png")
    (root / "cat" / "zero.png").symlink_to("/dev/zero")
    (root / "cat" / "self.png").symlink_to("self.png")
    (root / "cat" / "gone.png").symlink_to("nowhere.png")
    (root / "cat" / "linked.png").symlink_to("../dog/1.png")
    (root / "dog" / "up").symlink_to("..")
    with socket.socket(socket.AF_UNIX) as place:
        place.bind(str(root / "dog" / "socket.png"))
        found = read_source(root)
    assert set(found.labels) == {"cat/1.png", "cat/linked.png", "dog/1.png"}
    assert found.refused == {
        "cat/pipe.png": "a named pipe",
        "cat/zero.png": "a device",
        "cat/self.png": "cannot be read (Too many levels of symbolic links)",
        "cat/gone.png": "a link to nothing",
        "dog/up": "a link to a folder that is read already",
        "dog/socket.png": "a socket",
    }
    assert found.kinds == {"file"}


def test_files_of_unknown_type_are_refused_and_those_without_suffix_read_by_content(tmp_path: Path) -> None:
    root = write_images(tmp_path / "x", "cat/1.png", "cat/2", "dog/1.png", "dog/3.dat")
    (root / "dog" / "README").write_text("read me")
    (root / "dog" / "Thumbs.db").write_text("debris")
    found = read_source(root)
    assert set(found.labels) == {"cat/1.png", "cat/2", "dog/1.png"}
    assert set(found.refused) == {"dog/3.dat", "dog/README"}


def test_any_name_is_read(tmp_path: Path) -> None:
    strange = [
        "cat/a\\b.png",
        "cat/new\nline.png",
        "cat/{{$}}.png",
        "cat/'\".png",
        f"cat/{'n' * 251}.png",
        "d og/é.png",
    ]
    root = write_images(tmp_path / "x", *strange)
    os.makedirs(os.path.join(os.fsencode(root), "плохо".encode("cp866")))
    with open(os.path.join(os.fsencode(root), "плохо".encode("cp866"), b"1.png"), "wb") as file:
        file.write(png(9))
    found = read_source(root)
    assert set(found.labels) == {*strange, "плохо/1.png"}
    assert set(found.labels.values()) == {"cat", "d og", "плохо"}
