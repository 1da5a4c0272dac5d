"""Name the runs of a comparison: every strategy, with every seed."""
