"""Files, local or in Google Cloud Storage, and what is built on them: leases, checksums, a content-addressed store."""

from .uri import (
    check_writable,
    compare_and_swap,
    download,
    exists,
    generation,
    is_remote,
    join,
    listing,
    local_path,
    read,
    read_versioned,
    remove,
    sizes,
    upload,
    write,
)

__all__ = [
    "check_writable",
    "compare_and_swap",
    "download",
    "exists",
    "generation",
    "is_remote",
    "join",
    "listing",
    "local_path",
    "read",
    "read_versioned",
    "remove",
    "sizes",
    "upload",
    "write",
]
