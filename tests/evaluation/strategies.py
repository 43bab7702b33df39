"""Random predictions for properties: ties, absent classes and constant scores are frequent."""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.cases import make_label_sets, make_predictions

EXACT = {"rel": 0, "abs": 1e-12}
many_cases = settings(max_examples=60)


@st.composite
def tied_predictions(draw):
    """Draw 1 to 30 rows of 1 to 6 classes whose probabilities have few different values."""
    shape = (draw(st.integers(1, 30)), draw(st.integers(1, 6)))
    weights = draw(arrays.arrays(np.int64, shape, elements=st.integers(1, 4)))
    last = draw(st.integers(0, shape[1] - 1))
    true = draw(arrays.arrays(np.int64, shape[0], elements=st.integers(0, last)))
    names = [f"class {c}" for c in range(shape[1])]
    return make_predictions(true, weights / weights.sum(axis=1, keepdims=True), names)


@st.composite
def tied_label_sets(draw):
    """Draw 1 to 20 rows of 1 to 6 labels whose probabilities have few different values."""
    shape = (draw(st.integers(1, 20)), draw(st.integers(1, 6)))
    targets = draw(arrays.arrays(np.bool_, shape))
    tenths = draw(arrays.arrays(np.int64, shape, elements=st.integers(0, 5)))
    return make_label_sets(targets, tenths / 5, [f"label {c}" for c in range(shape[1])])
