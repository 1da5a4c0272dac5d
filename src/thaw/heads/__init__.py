"""Classifiers on arrays of features: no framework, deterministic."""
