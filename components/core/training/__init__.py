"""Training without a framework: schedules, order of rows, early stop."""
