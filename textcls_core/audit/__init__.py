"""Audit: what is wrong with a data set, for the model chosen."""
