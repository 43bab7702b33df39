"""What annotations would change: shown before, made as shown, and no longer pending afterwards."""

import pytest

from textcls_core.dataset.diff import diff_datasets, diff_versions
from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import InvalidArgumentError
from textcls_core.mistakes.annotations.annotation import Annotation, Change
from textcls_core.mistakes.annotations.pending import (
    VERSION_JOB,
    Pending,
    apply_pending,
    find_pending,
    make_version,
    pending_of,
    version_job,
)
from textcls_core.mistakes.annotations.store import Annotations


@pytest.fixture
def store(workspace) -> DatasetStore:
    return DatasetStore.open(workspace)


@pytest.fixture
def annotations(workspace) -> Annotations:
    return Annotations.open(workspace, "toy")


def rows_of(dataset, label, split="train"):
    """Return the ids of the rows with a label in a split."""
    wanted = dataset.label_names.index(label)
    rows = [row for row in dataset.indices(split) if dataset.label_ids[row] == wanted]
    return [dataset.row_ids()[row] for row in rows]


def labels_now(dataset, row_ids):
    return [dataset.label_names[dataset.label_ids[row]] for row in dataset.positions(row_ids)]


def pending(dataset, *annotations, merges=None) -> Pending:
    return find_pending(dataset, annotations, merges or {})


def test_proposal_is_pending_where_the_label_differs(toy_dataset) -> None:
    first, second, third = rows_of(toy_dataset, "food")[:3]

    found = pending(
        toy_dataset,
        Annotation(first, proposed=("weather",)),
        Annotation(second, proposed=("food",)),
        Annotation(third, ("odd",), "a note", is_reviewed=True),
        Annotation("gone", proposed=("food",)),
    )

    assert found.relabels == {first: ("weather",)}
    assert found.absent == ("gone",)
    assert found.reason == "annotations: 1 row relabelled"
    assert not found.is_empty


def test_dropped_row_is_dropped_whatever_its_proposal(toy_dataset) -> None:
    row = rows_of(toy_dataset, "food")[0]

    found = pending(toy_dataset, Annotation(row, proposed=("weather",), is_dropped=True))

    assert (found.relabels, found.drops) == ({}, (row,))
    assert row not in apply_pending(toy_dataset, found).row_ids()


def test_proposal_that_fits_no_single_label_row_stays_aside(toy_dataset) -> None:
    one, two = rows_of(toy_dataset, "food")[:2]

    found = pending(
        toy_dataset, Annotation(one, proposed=()), Annotation(two, proposed=("food", "weather"))
    )

    assert found.unfit == (one, two)
    assert found.is_empty


def test_proposals_for_several_labels_are_compared_as_sets(topics_dataset) -> None:
    names = topics_dataset.label_names
    row_ids, sets = topics_dataset.row_ids(), topics_dataset.label_sets
    row = next(place for place, found in enumerate(sets) if len(found) == 2)
    has = [names[one] for one in sets[row]]

    turned = pending(topics_dataset, Annotation(row_ids[row], proposed=tuple(reversed(has))))
    none = pending(topics_dataset, Annotation(row_ids[row], proposed=()))

    assert turned.is_empty
    assert none.relabels == {row_ids[row]: ()}
    assert apply_pending(topics_dataset, none).label_sets[row] == []


def test_new_label_is_named_before_it_is_made(toy_dataset) -> None:
    row = rows_of(toy_dataset, "food")[0]

    found = pending(toy_dataset, Annotation(row, proposed=("drinks",)))

    assert found.new_labels == ("drinks",)
    assert apply_pending(toy_dataset, found).label_names[-1] == "drinks"


def test_merges_reach_their_end_and_take_proposals_along(toy_dataset) -> None:
    row = rows_of(toy_dataset, "animals")[0]
    merges = {"food": "weather", "weather": "things"}

    found = pending(toy_dataset, Annotation(row, proposed=("food",)), merges=merges)

    assert found.merges == {"food": "things", "weather": "things"}
    assert found.relabels == {row: ("things",)}
    made = apply_pending(toy_dataset, found)
    assert set(made.label_names) == {"animals", "things"}
    assert labels_now(made, [row]) == ["things"]


def test_proposal_of_a_class_that_was_merged_away_is_done(toy_dataset) -> None:
    row = rows_of(toy_dataset, "food")[0]
    said, merges = [Annotation(row, proposed=("food",))], {"food": "weather"}

    made = apply_pending(toy_dataset, find_pending(toy_dataset, said, merges))

    assert find_pending(made, said, merges).is_empty
    assert made.label_names == ("animals", "weather")


def test_circle_that_two_people_made_together_merges_nothing(toy_dataset) -> None:
    found = pending(toy_dataset, merges={"food": "weather", "weather": "food"})

    assert found.is_empty


def test_class_that_loses_its_last_row_needs_no_merge(toy_dataset) -> None:
    every = [one for split in toy_dataset.splits for one in rows_of(toy_dataset, "food", split)]
    said = [Annotation(row, proposed=("animals",)) for row in every]

    made = apply_pending(toy_dataset, pending(toy_dataset, *said, merges={"food": "weather"}))

    assert made.label_names == ("animals", "weather")


def test_version_is_what_the_diff_had_shown(workspace, store, annotations, toy_dataset) -> None:
    moved, gone = rows_of(toy_dataset, "food")[:2], rows_of(toy_dataset, "weather", "test")[:1]
    annotations.propose(moved, ["animals"])
    annotations.propose(rows_of(toy_dataset, "food", "test")[:1], ["weather"])
    annotations.drop(gone)
    annotations.tag(moved, "stays")
    info = store.find("toy")
    dataset, planned = pending_of(workspace, info)
    shown = diff_datasets(dataset, apply_pending(dataset, planned))

    made = make_version(workspace, info)

    assert (made.version, made.parent) == (info.version + 1, info.fingerprint)
    assert made.reason == "annotations: 3 rows relabelled, 1 row dropped"
    assert diff_versions(store, info, made) == shown
    assert shown.by_split["label"] == {"train": 2, "test": 1}
    assert shown.by_split["removed"] == {"test": 1}
    assert labels_now(store.load(made.fingerprint), moved) == ["animals"] * 2


def test_what_was_applied_is_no_longer_pending_but_still_said(
    workspace, store, annotations, toy_dataset
) -> None:
    row, gone = rows_of(toy_dataset, "food")[:2]
    annotations.propose([row], ["animals"])
    annotations.note([row], "looks like a dog")
    annotations.drop([gone])
    made = make_version(workspace, store.find("toy"))

    _, left = pending_of(workspace, made)

    assert left.is_empty
    assert left.absent == ()
    assert annotations.by_row()[row].note == "looks like a dog"
    with pytest.raises(InvalidArgumentError, match=r"changes toy v2, got none. Propose another"):
        make_version(workspace, made)


def test_job_makes_the_version_and_says_how_far_it_is(workspace, store, annotations, toy_dataset):
    annotations.drop(rows_of(toy_dataset, "food")[:1])
    reported = []

    fingerprint = version_job(
        workspace,
        {"fingerprint": store.find("toy").fingerprint},
        lambda *amount: reported.append(amount),
    )

    assert store.find("toy").fingerprint == fingerprint
    assert [done for done, *_ in reported] == [0, 1, 2]
    assert f"{version_job.__module__}:version_job" == VERSION_JOB


def test_all_rows_dropped_is_refused(workspace, store, annotations, toy_dataset) -> None:
    annotations.drop(toy_dataset.row_ids())

    with pytest.raises(InvalidArgumentError, match="All 162 rows would be dropped"):
        make_version(workspace, store.find("toy"))


def test_rows_of_a_hundred_thousand_are_looked_up_at_once(toy_dataset) -> None:
    row = rows_of(toy_dataset, "food")[0]
    said = [Annotation(f"other-{number}", proposed=("food",)) for number in range(100_000)]

    found = pending(toy_dataset, *said, Annotation(row, proposed=("weather",)))

    assert len(found.absent) == 100_000
    assert found.relabels == {row: ("weather",)}


def test_unknown_fields_of_a_later_app_are_left_alone(annotations) -> None:
    annotations.record([Change("a", "colour", "red")], "from a later app")

    assert annotations.by_row() == {}
