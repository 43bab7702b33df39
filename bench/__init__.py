"""Measurements behind the figures in the documentation; never imported by the product."""
