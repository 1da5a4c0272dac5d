"""Measure the dataset and what the pretrained network sees in it."""
