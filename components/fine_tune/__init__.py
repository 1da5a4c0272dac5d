"""Run a training plan."""
