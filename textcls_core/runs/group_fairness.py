"""Fairness between the groups that a property of the rows makes."""

import numpy as np

from textcls_core.errors import InvalidArgumentError, did_you_mean
from textcls_core.evaluation.by_task import truth_and_answer
from textcls_core.evaluation.fairness import Fairness, measure_fairness
from textcls_core.runs.facets import facet_names, make_facet
from textcls_core.runs.slice_conditions import name_of
from textcls_core.runs.slice_rows import SliceRows, first_of_each


def group_names(rows: SliceRows) -> dict[str, str]:
    """Return the properties that can make groups: all but the class, which the rates are about."""
    return {name: title for name, title in facet_names(rows).items() if name != "class"}


def most_frequent_class(rows: SliceRows) -> str:
    """Return the class that most rows have, the first one on a tie."""
    return rows.predictions.label_names[int(rows.classes.counts().argmax())]


def fairness_of(rows: SliceRows, by: str, positive: str) -> Fairness:
    """Return the rates of one class in each group.

    Repeats of a text within a group are left out; a text that two groups share counts in both.

    Args:
        rows: N rows of a run.
        by: One of `group_names`.
        positive: Name of the class.

    Raises:
        InvalidArgumentError: If there is no such property or class, or fewer than two groups.
    """
    known = group_names(rows)
    if by not in known:
        raise InvalidArgumentError(
            f'"{by[:60]}" makes no groups. {did_you_mean(by, list(known), limit=20)}'
        )
    facet = make_facet(rows, by)
    true, given = truth_and_answer(rows.predictions, positive)
    members, groups = facet.membership.rows, facet.membership.slices
    keys = rows.keys[members]
    kept = first_of_each(groups * (int(rows.keys.max(initial=0)) + 1) + keys)
    members, groups = members[kept], groups[kept]
    present = np.unique(groups)
    return measure_fairness(
        true[members],
        given[members],
        np.searchsorted(present, groups),
        [name_of(facet.conditions[group]) for group in present.tolist()],
        positive=positive,
        repeats=keys[kept],
    )
