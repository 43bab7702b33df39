"""Embeddings: one vector per row of a data set, kept on disk, and what can be read off them."""
