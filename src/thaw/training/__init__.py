"""Training without a framework: inputs, the loop, schedules, early stopping and checkpoints."""
