"""How long training takes against the code that people write: `python -m benchmarks.training`."""
