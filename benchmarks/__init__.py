"""Each benchmark is a command that prints one table, with its results kept in `results/`."""
