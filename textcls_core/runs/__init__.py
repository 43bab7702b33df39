"""Runs on disk: the only code that knows the run folder."""
