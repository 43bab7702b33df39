"""Everything TextCLS Studio knows, without its pages.

A room imports only from the rooms below it:

    cli
    charts | training | prediction | mistakes
    explanation | runs
    models
    evaluation
    dataset
    config | workspace
    files
    errors | arrays | wording

`docs/architecture.md` is the map.
"""
