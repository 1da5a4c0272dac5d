"""Measure how much of a pretrained model to train; then train, evaluate and release it."""
