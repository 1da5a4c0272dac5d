"""Names of table files: their format and compression."""

from __future__ import annotations

from pathlib import PurePosixPath

TEXT_FORMATS = {".csv": "csv", ".tsv": "tsv", ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl"}
BINARY_FORMATS = {
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".xlsx": "excel",
    ".xls": "excel",
    ".ods": "excel",
}
COMPRESSIONS = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd", ".xz": "xz"}
SUFFIXES = frozenset([*TEXT_FORMATS, *BINARY_FORMATS, *(text + end for text in TEXT_FORMATS for end in COMPRESSIONS)])
"""In lower case."""


def suffix_of(name: str) -> str:
    """The suffix that says how a file is read, in lower case, with that of its compression.

    >>> suffix_of("a.b/x.CSV.gz"), suffix_of("x.parquet"), suffix_of("x.tar.gz")
    ('.csv.gz', '.parquet', '.gz')
    """
    ends = [suffix.lower() for suffix in PurePosixPath(name).suffixes[-2:]]
    whole = "".join(ends)
    return whole if whole in SUFFIXES else "".join(ends[-1:])


def is_table(name: str) -> bool:
    """Whether a file of that name is read as a table."""
    return suffix_of(name) in SUFFIXES


def format_of(name: str) -> tuple[str, str]:
    """Format and compression; the compression may be empty.

    >>> format_of("x.tsv.zst")
    ('tsv', 'zstd')
    """
    suffix = suffix_of(name)
    end = next((end for end in COMPRESSIONS if suffix.endswith(end)), "")
    whole = suffix.removesuffix(end)
    return {**TEXT_FORMATS, **BINARY_FORMATS}[whole], COMPRESSIONS.get(end, "")
