"""Where a model looks: attention weights of one text."""
