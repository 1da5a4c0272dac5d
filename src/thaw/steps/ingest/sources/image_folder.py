"""Images in folders of classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import pyarrow as pa
from PIL import Image

from ....data import images
from ....data.image_files import FORMATS
from ....errors import InputError
from ....records import Reading, RefusedKind, SourceOptions, Split
from ..rows import Refused, RowBatch, Source
from .files import File
from .folder_layout import Layout, find_layout
from .read_files import read_file

BATCH_ROWS = 128
HEAD_BYTES = 32
"""What a format is known by."""


def is_image(file: File) -> bool:
    """Whether a file is an image by its suffix, or by its first bytes when it has no suffix."""
    return file.suffix in images.SUFFIXES or (not file.suffix and _begins_like_image(file.path))


def open_images(files: Sequence[File], refused: Sequence[Refused], options: SourceOptions, data: str) -> Source:
    """Images by class: the class is the folder right below the source, or right below the folder of a split.

    Raises:
        InputError: There are no folders of classes, or it is not clear which they are.
    """
    folders = {file.folders for file in files}
    if folders == {()}:
        do = "put the images of each class into a folder, or give a table that names images and labels"
        raise InputError(f"the images of {data} lie in no folders of classes", do)
    layout = find_layout(folders, options, data)
    reading = Reading(
        file=data,
        format="folder",
        splits=dict(layout.splits),
        guessed=("split_folders",) if layout.guessed else (),
    )
    return Source("image", _batches(files, layout, refused), [reading])


def _batches(files: Sequence[File], layout: Layout, refused: Sequence[Refused]) -> Iterator[RowBatch]:
    for start in range(0, max(len(files), 1), BATCH_ROWS):
        rows: list[tuple[File, str, Split | None]] = []
        not_used = list(refused) if start == 0 else []
        for file in files[start : start + BATCH_ROWS]:
            try:
                rows.append((file, layout.label_of(file.folders), layout.split_of(file.folders)))
            except ValueError as error:
                kind: RefusedKind = "folder"
                not_used.append(Refused(file.name, kind, str(error)))
        yield RowBatch(
            contents=[partial(read_file, file.path) for file, _, _ in rows],
            labels=pa.array([label for _, label, _ in rows], pa.string()),
            sources=pa.array([file.name for file, _, _ in rows], pa.string()),
            splits=None if layout.split is None else pa.array([split for _, _, split in rows], pa.string()),
            refused=not_used,
        )


def _begins_like_image(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        return False
    Image.init()
    return any(accepts(head) for name in FORMATS if (accepts := Image.OPEN[name][1]))
