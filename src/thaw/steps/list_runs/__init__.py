"""Name the runs that a comparison is made of."""
