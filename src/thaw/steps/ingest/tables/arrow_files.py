"""Arrow files and streams, and Feather, which is an Arrow file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from ....errors import InputError
from .arrow_chunks import chunk_of, class_names_of, columns_of, pieces
from .chunks import Chunk, TableFile


def open_arrow(path: Path, name: str) -> TableFile | None:
    """An Arrow file or stream, or Feather; None when it is empty.

    Raises:
        InputError: It is no whole one.
    """
    if path.stat().st_size == 0:
        return None
    with _whole(name):
        schema = next(_batches(path)).schema
        columns = columns_of(schema, name)

    def chunks(needed: Sequence[str] | None, label: str | None) -> Iterator[Chunk]:
        return _chunks(path, name, columns if needed is None else needed, needed is None)

    return TableFile("arrow", columns, chunks, class_names=class_names_of(schema))


def _chunks(path: Path, name: str, needed: Sequence[str], sample: bool) -> Iterator[Chunk]:
    row = 1
    with _whole(name):
        for batch in _batches(path):
            chosen = pa.record_batch([batch.column(column) for column in needed], names=list(needed))
            for piece in pieces(chosen):
                yield chunk_of(piece, needed, row, sample)
                row += piece.num_rows


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    """An empty batch of the schema, and all batches."""
    with pa.memory_map(str(path)) as source:
        start = source.read(6)
        source.seek(0)
        if start.startswith(b"FEA1"):
            raise InputError(f"{path.name} is Feather of version 1", "write it with version 2, or as Parquet")
        if start == b"ARROW1":
            file = pa.ipc.open_file(source)
            yield _empty(file.schema)
            yield from (file.get_batch(number) for number in range(file.num_record_batches))
        else:
            stream = pa.ipc.open_stream(source)
            yield _empty(stream.schema)
            yield from stream


def _empty(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)


@contextmanager
def _whole(name: str) -> Iterator[None]:
    try:
        yield
    except (PermissionError, FileNotFoundError, InputError):
        raise
    except (pa.ArrowException, OSError, ValueError, RecursionError, StopIteration) as error:
        raise InputError(f"{name} is not a whole Arrow file ({error})", "write the file again") from error
