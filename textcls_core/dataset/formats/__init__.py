"""Formats of files: each module turns one kind into a RawTable."""
