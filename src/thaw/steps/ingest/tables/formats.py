"""Names of table files: their format and compression."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from ....data.tar_files import SUFFIXES as TARS

TEXT_FORMATS = {".csv": "csv", ".tsv": "tsv", ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl"}
BINARY_FORMATS = {
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".xlsx": "excel",
    ".xls": "excel",
    ".ods": "excel",
    ".tfrecord": "tfrecord",
    ".tfrecords": "tfrecord",
    ".tfrec": "tfrecord",
}
SHARD = re.compile(r"[-.]\d{3,}-of-\d{3,}(?=$|\.)")
"""What stands behind the suffix, or before it, of one file of several."""
COMPRESSIONS = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd", ".xz": "xz"}
SUFFIXES = frozenset(
    [
        *(*TEXT_FORMATS, *BINARY_FORMATS, ".tfrecord.gz", ".tfrecords.gz", ".tfrec.gz"),
        *(text + end for text in TEXT_FORMATS for end in COMPRESSIONS),
    ]
)
"""In lower case."""


def suffix_of(name: str) -> str:
    """The suffix that says how a file is read, in lower case, with that of its compression.

    >>> suffix_of("a.b/x.CSV.gz"), suffix_of("x.parquet"), suffix_of("x.tfrecord-00000-of-00002"), suffix_of("x.tar.gz")
    ('.csv.gz', '.parquet', '.tfrecord', '.gz')
    """
    ends = [suffix.lower() for suffix in PurePosixPath(SHARD.sub("", name)).suffixes[-2:]]
    whole = "".join(ends)
    return whole if whole in SUFFIXES else "".join(ends[-1:])


def is_table(name: str) -> bool:
    """Whether a file of that name is read as a table."""
    return suffix_of(name) in SUFFIXES


def format_of(name: str) -> tuple[str, str]:
    """Format and compression; the compression may be empty. A tar is taken for a shard of WebDataset.

    >>> format_of("x.tsv.zst"), format_of("x.tar.gz")
    (('tsv', 'zstd'), ('webdataset', ''))
    """
    if name.lower().endswith(TARS):
        return "webdataset", ""
    suffix = suffix_of(name)
    end = next((end for end in COMPRESSIONS if suffix.endswith(end)), "")
    whole = suffix.removesuffix(end)
    return {**TEXT_FORMATS, **BINARY_FORMATS}[whole], COMPRESSIONS.get(end, "")
