"""Mistakes that are mended when the part of the text is read that was cut off."""

import numpy as np

from textcls_core.jobs.progress import Report
from textcls_core.mistakes.causes.case import Case, Finding
from textcls_core.mistakes.causes.model import RunModel
from textcls_core.models.token_lengths import token_lengths
from textcls_core.runs.row_facts import tokens_read
from textcls_core.wording import percent, plural

MAX_MISTAKES = 300
"""Truncated mistakes that are read in full, those with the largest loss."""
MAX_WINDOWS = 16
"""Windows read of each text at most."""
_AT_ONCE = 16


def cut_off(case: Case) -> list[int]:
    """Return the mistakes of which the run read a part only.

    Raises:
        ModelError: If the run has no tokenizer.
    """
    if not len(case):
        return []
    lengths = token_lengths(case.texts, case.run.model_dir)
    return [int(place) for place in np.flatnonzero(lengths > tokens_read(case.run))]


def truncated(case: Case, cut: list[int], model: RunModel, progress: Report) -> Finding:
    """Find mistakes whose answer becomes right when the rest of the text is read.

    The whole text is read in overlapping windows whose logits are averaged, as a run with
    `long_documents=windows` does. If that is not enough, the unread part is read alone: it counts
    if the model is surer of the truth there than it was of its mistake.

    Args:
        case: The mistakes.
        cut: From `cut_off`.
        model: Of the run.
        progress: Told after each portion; may raise to stop.
    """
    looked = cut[:MAX_MISTAKES]
    evidence: dict[int, str] = {}
    for start in range(0, len(looked), _AT_ONCE):
        progress(start, len(looked), "Reading the rest of truncated texts")
        portion = looked[start : start + _AT_ONCE]
        evidence |= _mended_by_all(case, portion, model)
        evidence |= _mended_by_rest(case, [p for p in portion if p not in evidence], model)
    note = "Those with the largest loss." if len(looked) < len(cut) else ""
    return case.finding("truncated", evidence, asked=cut, looked=len(looked), note=note)


def _mended_by_all(case: Case, places: list[int], model: RunModel) -> dict[int, str]:
    found = model.whole_probabilities([case.texts[place] for place in places], MAX_WINDOWS)
    read = plural(tokens_read(case.run), "token")
    return {
        place: f"Read to its end, the text gets {case.gives_truth(place, found[[row]])}; the "
        f"{read} that were read got {case.names(case.given[place])}."
        for row, place in enumerate(places)
        if case.is_right(place, found[[row]])[0]
    }


def _mended_by_rest(case: Case, places: list[int], model: RunModel) -> dict[int, str]:
    rests = {place: model.unread_part(case.texts[place]) for place in places}
    asked = [place for place in places if rests[place]]
    if not asked:
        return {}
    found = model.whole_probabilities([rests[place] for place in asked], MAX_WINDOWS)
    return {
        place: f"Read alone, the part that was cut off gets {case.gives_truth(place, one)}, more "
        f"than the {percent(_sureness(case, place))} of the wrong answer."
        for place, one in zip(asked, found[:, None, :], strict=True)
        if case.is_right(place, one)[0] and case.truth(place, one)[0] > _sureness(case, place)
    }


def _sureness(case: Case, place: int) -> float:
    """Return how sure the run was of its mistake: 1 less what it gave to the truth, or its top."""
    if case.is_single:
        return float(case.probabilities[place].max())
    return float(1 - case.truth(place, case.probabilities[[place]])[0])
