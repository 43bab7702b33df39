"""New texts through a finished run."""
