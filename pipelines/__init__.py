"""Pipelines built of the components, and the command line."""
