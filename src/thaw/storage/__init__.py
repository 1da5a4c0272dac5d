"""Files, local or in Google Cloud Storage, and what is built on them: leases, checksums, a content-addressed store."""

from .uri import (
    at_hand,
    check_writable,
    download,
    exists,
    generation,
    is_remote,
    join,
    listing,
    read,
    read_versioned,
    remove,
    sizes,
    swap,
    upload,
    write,
)

__all__ = [
    "at_hand",
    "check_writable",
    "download",
    "exists",
    "generation",
    "is_remote",
    "join",
    "listing",
    "read",
    "read_versioned",
    "remove",
    "sizes",
    "swap",
    "upload",
    "write",
]
