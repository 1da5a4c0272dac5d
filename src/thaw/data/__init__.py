"""Rows: Parquet shards, images, archives, and reading ahead."""
