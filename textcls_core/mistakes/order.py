"""In which order examples are read."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from textcls_core.arrays import Indices, Mask
from textcls_core.errors import InvalidArgumentError, parse_choice
from textcls_core.mistakes.examples import Examples
from textcls_core.runs.dynamics import Dynamics

Order = Literal["loss", "confidence", "margin", "entropy", "forgetting", "position"]
ORDERS: dict[Order, str] = {
    "loss": "Largest loss first",
    "confidence": "Surest mistakes first",
    "margin": "Closest decisions first",
    "entropy": "Most undecided first",
    "forgetting": "Most often forgotten first",
    "position": "Order of the data set",
}
MEANINGS: dict[Order, str] = {
    "loss": "How little the model believed in the true label.",
    "confidence": "Mistakes before what is right, and the surest ones first.",
    "margin": "The smallest gap between the first and the second choice first.",
    "entropy": "The answers whose probability is spread over the most classes first.",
    "forgetting": (
        "Rows that training never got right, then those that were right after one epoch and wrong "
        "after the next, most often first."
    ),
    "position": "As the rows stand in the data set.",
}


def parse_order(name: str) -> Order:
    """Return the order with this name.

    Raises:
        InvalidArgumentError: If there is none.
    """
    return parse_choice(name, ORDERS, "an order")


def sort_key(examples: Examples, order: Order, dynamics: Dynamics | None = None) -> np.ndarray:
    """Return the value per row by which to sort upwards, shape (N,).

    Args:
        examples: N rows.
        order: What to sort by.
        dynamics: Of the run, for `forgetting`.

    Raises:
        InvalidArgumentError: If rows are to be sorted by forgetting, and the run did not record
            what it learned of any of them.
    """
    if order == "loss":
        return -examples.predictions.loss
    if order == "confidence":
        is_wrong = examples.outcomes > 1
        return -(examples.confidence + is_wrong)
    if order == "margin":
        return examples.margin
    if order == "entropy":
        return -examples.entropy
    if order == "forgetting":
        return _forgetting_key(examples, dynamics)
    return np.arange(len(examples))


def in_order(kept: Mask, key: np.ndarray) -> Indices:
    """Return the positions of the rows that are kept, sorted upwards by a key, shape (M,).

    Args:
        kept: Shape (N,).
        key: From `sort_key`, shape (N,); equal rows stay in the order of the data set.
    """
    rows = np.flatnonzero(kept)
    return np.asarray(rows[np.argsort(key[rows], kind="stable")])


def can_sort_by_forgetting(examples: Examples, dynamics: Dynamics | None) -> bool:
    """Tell whether a run recorded what it learned of these rows: of training rows only."""
    return dynamics is not None and not examples.places.keys().isdisjoint(dynamics.row_ids)


def _forgetting_key(examples: Examples, dynamics: Dynamics | None) -> np.ndarray:
    """Return what sorts by forgetting; rows that were never learned count as always forgotten.

    Source:
        Toneva et al. 2019, "An Empirical Study of Example Forgetting", ICLR, section 3.
    """
    if dynamics is None or not can_sort_by_forgetting(examples, dynamics):
        raise InvalidArgumentError(
            "Expected rows whose training was recorded, got others: forgetting is known of training"
            " rows of a run with record_dynamics and two epochs. Choose the split train, or train"
            " again with that setting."
        )
    key = np.ones(len(examples))
    never = dynamics.correctness == 0
    for row_id, count, is_never in zip(
        dynamics.row_ids, dynamics.num_forgotten.tolist(), never.tolist(), strict=True
    ):
        if row_id in examples.places:
            key[examples.places[row_id]] = -np.inf if is_never else -count
    return key


@dataclass(frozen=True, slots=True)
class Steps:
    """Where a row stands in a list, and which rows are beside it."""

    position: int | None
    """From 0; None if the row is not in the list."""
    before: int | None
    """The row before it, or before where it would stand; None at the beginning."""
    after: int | None
    """The row after it; None at the end."""


def steps(rows: Indices, key: np.ndarray, place: int) -> Steps:
    """Return the neighbours of a row; of one that left the list, those it would stand between.

    A row leaves the list when it no longer passes the filter, as after being marked as reviewed.

    Args:
        rows: The list, from `in_order`, shape (M,).
        key: What it is sorted by, shape (N,).
        place: The row.

    Example:
        >>> steps(np.array([2, 0]), np.array([0.5, 0.4, 0.1]), 1)
        Steps(position=None, before=2, after=0)
    """
    found = np.flatnonzero(rows == place)
    if len(found):
        position = int(found[0])
        before, after = position - 1, position + 1
    else:
        others = key[rows]
        is_before = (others < key[place]) | ((others == key[place]) & (rows < place))
        after = int(np.count_nonzero(is_before))
        before = after - 1
    return Steps(
        position=position if len(found) else None,
        before=int(rows[before]) if before >= 0 else None,
        after=int(rows[after]) if after < len(rows) else None,
    )
