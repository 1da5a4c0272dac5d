"""TFRecord files of tf.train.Example: each feature is a column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from ....data.record_files import records
from ..rows import Refused
from .chunks import MAX_CHUNK, Chunk, TableFile
from .image_cells import MAGIC
from .json_rows import chunk_of

MAX_ROWS = 1000
NAMES_SUFFIX = ".labels.txt"
"""TensorFlow Datasets writes the names of a feature's classes into such a file."""


def open_tfrecord(path: Path, name: str) -> TableFile | None:
    """A TFRecord file, compressed by gzip or not; None when it is empty."""
    if path.stat().st_size == 0:
        return None

    def chunks(needed: Sequence[str] | None, label: str | None) -> Iterator[Chunk]:
        return _chunks(path, name, needed)

    return TableFile("tfrecord", (), chunks, class_names=_class_names(path.parent))


def _chunks(path: Path, name: str, needed: Sequence[str] | None) -> Iterator[Chunk]:
    rows: list[dict[str, Any]] = []
    positions: list[int] = []
    refused: list[Refused] = []
    size = 0
    for number, content in enumerate(records(path, name), 1):
        row = None if content is None else _features(content)
        if row is None:
            refused.append(Refused(f"{name}:{number}", "structure", "bytes have changed, or it is no tf.train.Example"))
        else:
            rows.append(row)
            positions.append(number)
            size += len(content or b"")
        if len(rows) == MAX_ROWS or size > MAX_CHUNK:
            yield chunk_of(rows, positions, refused, needed)
            rows, positions, refused, size = [], [], [], 0
    if rows or refused:
        yield chunk_of(rows, positions, refused, needed)


def _features(content: bytes) -> dict[str, Any] | None:
    """Values by feature; None for bytes that are no Example."""
    example = _example_class()()
    try:
        example.ParseFromString(content)
    except DecodeError:
        return None
    return {name: _value(feature) for name, feature in sorted(example.features.feature.items())}


def _value(feature: Any) -> Any:
    """One value, or a list of several; None where there is none."""
    kind = feature.WhichOneof("kind")
    values = [_text(value) for value in getattr(feature, kind).value] if kind else []
    return values[0] if len(values) == 1 else values or None


def _text(value: Any) -> Any:
    """Bytes as text, unless they are an image or no UTF-8."""
    if not isinstance(value, bytes) or value.startswith(MAGIC):
        return value
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value


def _class_names(folder: Path) -> dict[str, tuple[str, ...]]:
    files = sorted(folder.glob(f"*{NAMES_SUFFIX}"))
    lines = {file.name.removesuffix(NAMES_SUFFIX): file.read_text(errors="replace").split("\n") for file in files}
    return {feature: tuple(name.strip() for name in names if name.strip()) for feature, names in lines.items()}


@cache
def _example_class() -> Any:
    """The class of tf.train.Example, by its declaration (tensorflow/core/example/feature.proto)."""
    file = descriptor_pb2.FileDescriptorProto(name="thaw/example.proto", package="thaw", syntax="proto3")
    for name, kind in (("BytesList", 12), ("FloatList", 2), ("Int64List", 3)):
        file.message_type.add(name=name).field.add(name="value", number=1, label=3, type=kind)
    feature = file.message_type.add(name="Feature")
    feature.oneof_decl.add(name="kind")
    for number, values in enumerate(("BytesList", "FloatList", "Int64List"), 1):
        field = feature.field.add(name=values.lower(), number=number, label=1, type=11, type_name=f".thaw.{values}")
        field.oneof_index = 0
    features = file.message_type.add(name="Features")
    entry = features.nested_type.add(name="FeatureEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, label=1, type=9)
    entry.field.add(name="value", number=2, label=1, type=11, type_name=".thaw.Feature")
    features.field.add(name="feature", number=1, label=3, type=11, type_name=".thaw.Features.FeatureEntry")
    example = file.message_type.add(name="Example")
    example.field.add(name="features", number=1, label=1, type=11, type_name=".thaw.Features")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("thaw.Example"))
