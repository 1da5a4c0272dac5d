"""Table files of every kind as rows, some at a time."""

from .formats import SUFFIXES, is_table
from .image_cells import named_file
from .open_table import OpenTable, open_table
from .saved_datasets import is_saved_dataset, saved_tables
from .webdataset_files import is_webdataset

__all__ = [
    "SUFFIXES",
    "OpenTable",
    "is_saved_dataset",
    "is_table",
    "is_webdataset",
    "named_file",
    "open_table",
    "saved_tables",
]
