"""Mistakes whose true class has far fewer training rows than the others."""

import numpy as np

from textcls_core.mistakes.causes.case import Case, Finding
from textcls_core.wording import plural

RARE_SHARE = 0.2
"""A class is rare if it has less than this share of the rows of the class in the middle."""


def rare_class(case: Case) -> Finding:
    """Find mistakes in which a true label that was not given is a rare one."""
    counts = case.training_counts()
    middle = float(np.median(counts)) if len(counts) else 0.0
    is_rare = counts < RARE_SHARE * middle
    missed = case.true & ~case.given & is_rare
    evidence = {}
    for place in np.flatnonzero(missed.any(axis=1)):
        rarest = min(np.flatnonzero(missed[place]), key=lambda label_id: counts[label_id])
        name = case.names(np.arange(len(counts)) == rarest)
        evidence[int(place)] = (
            f"{name} has {plural(int(counts[rarest]), 'training row')}; "
            f"the class in the middle has {middle:,.0f}."
        )
    return case.finding("rare_class", evidence)
