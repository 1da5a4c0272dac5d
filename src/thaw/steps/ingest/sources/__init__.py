"""Sources of rows: folders, tables and archives, here or behind an address."""

from .listing import file_count, listing_fingerprint
from .opening import open_source

__all__ = ["file_count", "listing_fingerprint", "open_source"]
