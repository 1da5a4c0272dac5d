"""Predict every strategy's score and cost, choose one, say why, and plan it."""
