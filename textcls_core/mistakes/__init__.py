"""Misclassified examples of a run: selection, order, neighbours."""
