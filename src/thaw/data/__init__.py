"""Rows of a dataset, Parquet shards, images, archives and prefetching."""
