"""Going through the queue: views of it, and the version that decisions make."""

import numpy as np
import pytest

from tests.label_issues import plant, stored_queue
from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import InvalidArgumentError, NotFoundError
from textcls_core.mistakes.label_issues.decisions import Decisions
from textcls_core.mistakes.label_issues.review import (
    count_reviewed,
    make_version,
    reason_of,
    rows_to_show,
    suspects,
)


@pytest.fixture
def stored(workspace, toy_dataset):
    noisy, planted = plant(toy_dataset, 10)
    return (*stored_queue(workspace, toy_dataset, noisy, "noisy"), planted)


@pytest.fixture
def decisions(workspace, stored) -> Decisions:
    return Decisions.open(workspace, stored[0].fingerprint)


def test_decisions_make_a_version_with_reason_and_parent(workspace, stored, decisions) -> None:
    info, issues, _ = stored
    accepted, relabelled, dropped, kept = issues.records(issues.row_ids[:4])
    decisions.record(accepted["row_id"], "accept", accepted["suggested_labels"])
    decisions.record(relabelled["row_id"], "relabel", ["a new class"])
    decisions.record(dropped["row_id"], "drop")
    decisions.record(kept["row_id"], "keep")

    made = make_version(workspace, info)

    rows = DatasetStore.open(workspace).load(made.fingerprint)
    assert (made.name, made.version, made.parent) == ("noisy", 2, info.fingerprint)
    assert made.reason == "label issues: 2 rows relabelled, 1 row dropped, 1 row kept"
    assert made.num_examples == 161
    assert dropped["row_id"] not in rows.row_ids()
    given = [rows.label_names[rows.label_ids[rows.position(accepted["row_id"])]]]
    assert given == accepted["suggested_labels"]
    assert rows.label_names[rows.label_ids[rows.position(relabelled["row_id"])]] == "a new class"


def test_reviewed_rows_count_as_kept_in_the_new_version(workspace, stored, decisions) -> None:
    info, issues, _ = stored
    first, second, third = issues.records(issues.row_ids[:3])
    decisions.record(first["row_id"], "accept", first["suggested_labels"])
    decisions.record(second["row_id"], "drop")
    decisions.record(third["row_id"], "keep")

    made = make_version(workspace, info)

    later = Decisions.open(workspace, made.fingerprint).by_row()
    assert {row_id: found.kind for row_id, found in later.items()} == {
        first["row_id"]: "keep",
        third["row_id"]: "keep",
    }


def test_all_fixes_together_bring_back_the_clean_labels(workspace, stored, decisions) -> None:
    info, _, planted = stored
    for row_id, label in planted.items():
        decisions.record(row_id, "relabel", [label])

    made = DatasetStore.open(workspace).load(make_version(workspace, info).fingerprint)

    clean = DatasetStore.open(workspace).load("toy")
    assert made.row_ids() == clean.row_ids()
    assert np.array_equal(made.label_ids, clean.label_ids)


@pytest.mark.parametrize("kinds", [[], ["keep"]])
def test_nothing_changed_is_no_version(workspace, stored, decisions, kinds) -> None:
    for kind in kinds:
        decisions.record(stored[1].row_ids[0], kind)

    with pytest.raises(InvalidArgumentError, match="Expected a decision that changes a row"):
        make_version(workspace, stored[0])

    assert len([info for info in DatasetStore.open(workspace).versions() if info.parent]) == 0


def test_decision_about_a_row_of_another_set_is_refused(workspace, stored, decisions) -> None:
    decisions.record("no such row", "drop")

    with pytest.raises(NotFoundError, match="1 of 1 rows are not in this data set"):
        make_version(workspace, stored[0])


def test_views_of_the_queue(stored) -> None:
    _, issues, _ = stored
    first, second, *_ = issues.row_ids
    last = issues.row_ids[-1]
    decided = {first, last}

    assert rows_to_show(issues, decided, "all") == issues.row_ids
    assert rows_to_show(issues, decided, "suspects") == suspects(issues)
    assert rows_to_show(issues, decided, "open")[0] == second
    assert rows_to_show(issues, decided, "reviewed") == [first, last]
    assert count_reviewed(issues, decided) == 1


def test_filter_keeps_rows_with_the_label_given_or_suggested(stored) -> None:
    _, issues, _ = stored

    shown = issues.records(rows_to_show(issues, {}, "all", "food"))

    assert 0 < len(shown) < 162
    assert all("food" in row["labels"] + row["suggested_labels"] for row in shown)
    others = set(issues.row_ids) - {row["row_id"] for row in shown}
    rest = issues.records(list(others))
    assert not any("food" in row["labels"] + row["suggested_labels"] for row in rest)


def test_reason_counts_every_kind(decisions) -> None:
    decisions.record("a", "accept", ["food"])
    decisions.record("b", "relabel", ["food"])
    decisions.record("c", "keep")

    said = reason_of(decisions.in_order())

    assert said == "label issues: 2 rows relabelled, 0 rows dropped, 1 row kept"
