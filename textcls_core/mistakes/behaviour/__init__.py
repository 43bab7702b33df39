"""Behavioural tests of a data set: texts, and what every model must say about them."""
