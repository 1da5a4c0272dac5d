"""Ingest against the simplest rivals that read the same data."""
