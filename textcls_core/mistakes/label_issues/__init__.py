"""Label issues: rows whose label is probably wrong, and what people decide about them."""
