"""The chooser against the truth: every strategy, run for real on a grid of tasks."""
