"""Training without a framework: its beginning, schedules, order of rows, early stop, checkpoints."""
