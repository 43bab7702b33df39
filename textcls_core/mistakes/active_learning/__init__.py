"""Active learning: which rows without labels are worth a label first, and what people say."""
