"""The steps of a pipeline: plain functions that do not know each other."""
