"""Pretrained models, tokenisation, batching and the Classifier."""
