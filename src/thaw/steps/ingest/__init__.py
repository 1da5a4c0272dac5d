"""Read a dataset, refuse bad rows with a reason, split by content, write Parquet shards."""
