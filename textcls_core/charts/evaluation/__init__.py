"""Charts of the Evaluate page, a module per view."""
