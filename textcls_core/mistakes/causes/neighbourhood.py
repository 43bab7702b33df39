"""What the training rows say that the run's own encoder finds close to a mistake."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from textcls_core.arrays import Indices, Neighbours, Similarities
from textcls_core.dataset.sampling import random_rows
from textcls_core.embeddings.computing import compute_embeddings
from textcls_core.errors import NotFoundError
from textcls_core.jobs.progress import Report
from textcls_core.mistakes.causes.case import Case, Finding
from textcls_core.mistakes.training_neighbours import TrainingNeighbours, encoder_source
from textcls_core.wording import percent, plural, quoted

NUM_NEIGHBOURS = 10
FAR_SHARE = 0.05
"""So few training rows have no other one that is closer: what is farther away is far."""
MIN_CLOSE = 3
"""Close training rows from which their labels say something."""
_MAX_MEASURED = 2_000
"""Training rows that decide what is far; of more a random sample."""


@dataclass(frozen=True)
class Surroundings:
    """The training rows around those mistakes that were embedded."""

    near: TrainingNeighbours
    places: Indices
    """Which mistakes were embedded, shape (M,)."""
    rows: Neighbours
    """Their neighbours: positions in `near.rows`, shape (M, K)."""
    cosines: Similarities
    """How close these are, shape (M, K)."""
    far: float
    """Cosine below which a training row is not close."""


def look_around(case: Case, progress: Report) -> Surroundings:
    """Return the training rows around each mistake, embedding the data set if nobody did before.

    What is close follows from the training rows themselves: all but `FAR_SHARE` of them have
    another one at least as close.

    Raises:
        ModelError: If the model is missing or gives no usable numbers.
        NotFoundError: If there are too few training rows.
        RunStateError: If the run has no finished model.
    """
    source = encoder_source(case.run, "own")
    fingerprint = case.run.config.dataset_fingerprint
    near = TrainingNeighbours.open(case.workspace, case.run, source)
    if near is None:
        compute_embeddings(case.workspace, fingerprint, source, progress=progress)
        near = TrainingNeighbours.open(case.workspace, case.run, source)
    if near is None or len(near.training_rows) < 2:
        raise NotFoundError("Expected 2 embedded training rows or more to compare with.")
    progress(0, 0, "Comparing with training rows")
    places = np.flatnonzero(near.has(case.row_ids))
    rows, cosines = near.nearest([case.row_ids[place] for place in places], NUM_NEIGHBOURS)
    measured = near.training_rows[random_rows(len(near.training_rows), _MAX_MEASURED)]
    _, closest = near.nearest(near.rows.row_ids(measured), 1)
    return Surroundings(near, places, rows, cosines, float(np.quantile(closest, FAR_SHARE)))


def no_close_neighbour(case: Case, around: Surroundings) -> Finding:
    """Find mistakes that no training row is close to."""
    closest = around.cosines[:, 0]
    evidence = {
        int(around.places[at]): f"The closest training row has a cosine of {closest[at]:.3f}; "
        f"{percent(1 - FAR_SHARE, 0)} of the training rows have one of {around.far:.3f} or more."
        for at in np.flatnonzero(closest < around.far)
    }
    return case.finding(
        "no_close_neighbour", evidence, looked=len(around.places), note=_note(case, around)
    )


def conflicting_neighbours(case: Case, around: Surroundings) -> Finding:
    """Find mistakes whose close training rows mostly have other labels.

    A neighbour has other labels if it differs from the truth in a label that was decided wrongly.
    """
    evidence = {}
    for at, place in enumerate(around.places.tolist()):
        close = around.rows[at][around.cosines[at] >= around.far]
        table = around.near.rows.table["label_ids"].take(pa.array(close))
        other = [ids for ids in table.to_pylist() if _differs(case, place, ids)]
        if len(close) >= MIN_CLOSE and 2 * len(other) > len(close):
            evidence[place] = _sentence(case, len(close), other)
    return case.finding(
        "conflicting_neighbours", evidence, looked=len(around.places), note=_note(case, around)
    )


def _differs(case: Case, place: int, label_ids: list[int]) -> bool:
    wrong = case.true[place] != case.given[place]
    has = np.zeros(len(wrong), dtype=bool)
    has[label_ids] = True
    return bool((has != case.true[place])[wrong].any())


def _sentence(case: Case, num_close: int, other: list[list[int]]) -> str:
    common, count = Counter(map(tuple, other)).most_common(1)[0]
    names = quoted([case.dataset.label_names[label_id] for label_id in common])
    return (
        f"{len(other)} of the {plural(num_close, 'close training row')} "
        f"{'has another label' if len(other) == 1 else 'have other labels'}, "
        f"most often {names} ({count})."
    )


def _note(case: Case, around: Surroundings) -> str:
    if around.near.is_complete:
        return ""
    return (
        f"Compared with {plural(len(around.near.training_rows), 'training row')} of a sample; "
        f"{plural(len(case) - len(around.places), 'mistake')} not in it."
    )
