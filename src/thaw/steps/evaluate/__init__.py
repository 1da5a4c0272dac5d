"""Score a model on the test split, against baselines and the champion."""
