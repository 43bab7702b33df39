"""What a run is worth, as one file for people without the app: a report, a model card."""
