"""Table files of every kind as rows, some at a time."""

from .formats import SUFFIXES, is_table
from .open_table import OpenTable, open_table
from .saved_datasets import is_saved_dataset, saved_tables

__all__ = ["SUFFIXES", "OpenTable", "is_saved_dataset", "is_table", "open_table", "saved_tables"]
