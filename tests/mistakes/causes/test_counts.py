"""What each action could mend, without promising a mistake twice."""

from tests.cases import MIXED
from tests.mistakes.causes.test_triage import triage_of
from textcls_core.mistakes.causes.counts import action_counts, true_classes
from textcls_core.mistakes.causes.found import CAUSES, FoundCause


def row(*causes):
    return tuple(FoundCause(cause, "") for cause in causes)


TRIAGE = triage_of(
    {
        "r1": row("truncated", "ambiguous", "almost_right"),
        "r2": row("truncated", "conflicting_neighbours", "ambiguous"),
        "r3": row("ambiguous"),
        "r4": row("rare_class", "no_close_neighbour"),
        "r5": row("no_close_neighbour"),
    }
)


def test_first_choices_add_up_to_the_mistakes_with_a_cause():
    found = action_counts(TRIAGE)

    assert {c.action: (len(c.row_ids), c.num_first) for c in found} == {
        "read_more": (2, 2),
        "sharpen_classes": (3, 1),
        "collect_rows": (2, 2),
        "tune_decision": (1, 0),
    }
    assert sum(c.num_first for c in found) == 5


def test_action_with_most_first_choices_stands_first():
    counts = [(c.num_first, len(c.row_ids)) for c in action_counts(TRIAGE)]

    assert counts == sorted(counts, reverse=True)


def test_action_names_its_causes():
    collect = next(c for c in action_counts(TRIAGE) if c.action == "collect_rows")

    assert set(collect.causes) == {"rare_class", "no_close_neighbour"}
    assert {CAUSES[cause].action for cause in collect.causes} == {"collect_rows"}


def test_nothing_found_calls_for_nothing():
    assert action_counts(triage_of({})) == []


def test_true_classes_are_counted_the_most_frequent_first():
    assert true_classes(MIXED, ["row-0", "row-3", "row-1"]) == [("ham", 2), ("spam", 1)]
