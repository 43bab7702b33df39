"""How much of a text the trust meter judges: what the deployed model reads, within bounds.

Ten methods on two models read some thousand shortened texts for each text that is judged. Leaving
out a word changes only the windows that hold it and moves those behind it alike, so the work grows
with the number of windows; of what is read at once it grows with the square of its length.
"""

from dataclasses import replace

from textcls_core.explanation.words import MAX_TOKENS
from textcls_core.models.tokens import Reading

MAX_JUDGED = 2_048
"""Tokens of all windows of a text together: eight of 256, as a run reads them by default."""


def judged_part(reading: Reading) -> Reading:
    """Return how much of each text is judged, given how much of it a model reads.

    Windows are those of the model, the first ones if they have more than `MAX_JUDGED` tokens. Of
    more than `MAX_TOKENS` tokens that are read at once, so many are.

    Example:
        >>> judged_part(Reading(512, "windows", max_windows=8)).max_windows
        4
    """
    if reading.max_length > MAX_TOKENS:
        return replace(reading, max_length=MAX_TOKENS, max_windows=1)
    count = min(reading.max_windows, MAX_JUDGED // reading.max_length)
    return replace(reading, max_windows=count)
