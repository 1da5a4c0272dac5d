"""The pipelines: declarations alone."""
