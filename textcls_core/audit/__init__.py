"""Audit: what is wrong with a data set, for people and for the model chosen, and how to mend it."""
