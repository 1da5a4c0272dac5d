"""Numbers that say how good predictions are: scores, calibration, bootstrap intervals."""
