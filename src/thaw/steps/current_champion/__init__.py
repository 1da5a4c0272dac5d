"""Read which version of a model is current, when a run starts."""
