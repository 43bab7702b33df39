"""Predictions and what they are worth; NumPy only."""
