"""The runs that a comparison is made of."""
