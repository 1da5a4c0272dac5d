"""Release a model to a registry."""
