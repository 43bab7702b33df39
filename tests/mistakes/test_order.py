from types import SimpleNamespace

import numpy as np
import pytest

from tests.cases import NO_EXAMPLE, make_label_sets, make_predictions
from tests.mistakes.examples import make_examples
from textcls_core.errors import InvalidArgumentError
from textcls_core.mistakes.order import (
    MEANINGS,
    ORDERS,
    Steps,
    can_sort_by_forgetting,
    in_order,
    parse_order,
    sort_key,
    steps,
)
from textcls_core.runs.dynamics import Dynamics

EXAMPLES = make_examples(
    make_predictions(
        [0, 0, 1, 1, 2],
        [
            [0.9, 0.05, 0.05],  # right
            [0.3, 0.6, 0.1],  # wrong
            [0.45, 0.5, 0.05],  # right
            [0.7, 0.2, 0.1],  # wrong
            [0.04, 0.9, 0.06],  # wrong
        ],
    )
)


def dynamics(num_forgotten, correctness, row_ids):
    count = len(row_ids)
    zeros = np.zeros(count)
    return Dynamics(
        tuple(row_ids), zeros, zeros, np.array(correctness, float), 4, np.array(num_forgotten)
    )


def order(name, examples=EXAMPLES, learned=None):
    every = np.ones(len(examples), bool)
    return in_order(every, sort_key(examples, name, learned)).tolist()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("loss", [4, 3, 1, 2, 0]),
        ("confidence", [4, 3, 1, 0, 2]),
        ("margin", [2, 1, 3, 4, 0]),
        ("entropy", [1, 2, 3, 0, 4]),
        ("position", [0, 1, 2, 3, 4]),
    ],
)
def test_order_of_rows(name, expected):
    assert order(name) == expected


def test_order_keeps_to_the_rows_that_pass():
    kept = np.array([1, 0, 0, 1, 1], bool)

    assert in_order(kept, sort_key(EXAMPLES, "loss")).tolist() == [4, 3, 0]


def test_forgotten_rows_come_after_those_that_were_never_learned():
    learned = dynamics([0, 2, 0, 1], [1, 0.5, 0, 0.8], ["row-0", "row-1", "row-3", "row-4"])

    assert order("forgetting", learned=learned) == [3, 1, 4, 0, 2]


@pytest.mark.parametrize("learned", [None, dynamics([1], [1], ["of another split"])])
def test_forgetting_of_rows_that_were_not_trained_on_is_refused(learned):
    assert not can_sort_by_forgetting(EXAMPLES, learned)
    with pytest.raises(InvalidArgumentError, match="rows whose training was recorded, got others"):
        order("forgetting", learned=learned)


@pytest.mark.parametrize("name", [name for name in ORDERS if name != "forgetting"])
def test_order_keeps_equal_rows_in_place(name):
    equal = make_examples(make_predictions([0] * 4, [[0.5, 0.3, 0.2]] * 4))

    assert order(name, equal) == [0, 1, 2, 3]


@pytest.mark.parametrize("name", [name for name in ORDERS if name != "forgetting"])
def test_order_of_no_rows_is_empty(name):
    assert order(name, make_examples(NO_EXAMPLE)) == []


def test_order_of_label_sets_goes_by_the_least_sure_label():
    sets = make_examples(
        make_label_sets([[1, 0, 0], [1, 0, 0]], [[0.9, 0.1, 0.4], [0.7, 0.1, 0.2]])
    )

    assert order("margin", sets) == [0, 1]
    assert order("entropy", sets) == [1, 0]


def test_every_order_has_a_meaning():
    assert list(MEANINGS) == list(ORDERS)


def test_unknown_order_is_refused():
    with pytest.raises(InvalidArgumentError, match=r'Expected an order \(loss, .*\), got "size"'):
        parse_order("size")


KEY = np.array([3.0, 1.0, 2.0, 2.0])


@pytest.mark.parametrize(
    ("rows", "place", "expected"),
    [
        ([1, 2, 3, 0], 2, Steps(1, 1, 3)),
        ([1, 2, 3, 0], 1, Steps(0, None, 2)),
        ([1, 2, 3, 0], 0, Steps(3, 3, None)),
        ([1, 2, 0], 3, Steps(None, 2, 0)),
        ([1, 3, 0], 2, Steps(None, 1, 3)),
        ([2, 3], 1, Steps(None, None, 2)),
        ([2, 3], 0, Steps(None, 3, None)),
        ([], 0, Steps(None, None, None)),
    ],
)
def test_steps_lead_to_the_rows_beside_one(rows, place, expected):
    assert steps(np.array(rows, int), KEY, place) == expected


def test_steps_go_through_the_whole_list():
    rows = in_order(np.ones(5, bool), sort_key(EXAMPLES, "loss"))
    key = sort_key(EXAMPLES, "loss")
    seen, around = [], SimpleNamespace(after=int(rows[0]))
    while around.after is not None:
        seen.append(around.after)
        around = steps(rows, key, around.after)

    assert seen == rows.tolist()
