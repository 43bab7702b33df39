"""Data sets: import, versions, splits, statistics, search."""
