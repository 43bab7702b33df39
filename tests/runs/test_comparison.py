"""Runs on the same rows side by side: refused with the reason, tested, explained."""

import numpy as np
import pyarrow as pa
import pytest

from tests.pages.conftest import MISTAKES, make_run
from textcls_core.dataset.fixes import drop_rows, relabel, rename_labels
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.errors import InvalidArgumentError, NotFoundError
from textcls_core.evaluation.by_task import predictions_of
from textcls_core.runs.comparison import (
    changed_rows,
    compare_runs,
    uses_same_rows,
    why_not_comparable,
)
from textcls_core.runs.comparison_words import (
    difference_text,
    interval_text,
    left_out_sentence,
    reading,
    seeds_sentence,
    verdict,
)


@pytest.fixture
def store(workspace):
    return DatasetStore.open(workspace)


@pytest.fixture
def worse(workspace, toy_dataset):
    """A run with three mistakes among 33 test rows."""
    return make_run(workspace, "toy", toy_dataset, MISTAKES, name="Worse")


@pytest.fixture
def best(workspace, toy_dataset):
    """A run without a mistake, trained longer."""
    return make_run(workspace, "toy", toy_dataset, {}, name="Best", num_epochs=9)


def changed(dataset: TextDataset, **columns) -> TextDataset:
    """Return a data set with other columns."""
    table = dataset.table
    for name, values in columns.items():
        place = table.column_names.index(name)
        table = table.set_column(place, name, pa.array(values, table.schema.field(name).type))
    return TextDataset(table, dataset.label_names)


@pytest.fixture
def relabelled(workspace, store, toy_dataset):
    """A run on a version of `toy` in which two test rows got another label."""
    labels = [[one] for one in toy_dataset.label_ids.tolist()]
    for row in toy_dataset.indices("test")[:2]:
        labels[row] = [(labels[row][0] + 1) % 3]
    version = changed(toy_dataset, label_ids=labels)
    store.save(version, "toy", "relabelled", parent=toy_dataset.fingerprint)
    return make_run(workspace, "toy", version, {})


@pytest.fixture
def resplit(workspace, store, toy_dataset):
    """A run on a version of `toy` in which two test rows and a validation row changed places."""
    splits = toy_dataset.table["split"].to_pylist()
    for row in toy_dataset.indices("test")[:2]:
        splits[row] = "validation"
    splits[toy_dataset.indices("validation")[0]] = "test"
    version = changed(toy_dataset, split=splits)
    store.save(version, "toy", "split again", parent=toy_dataset.fingerprint)
    return make_run(workspace, "toy", version, {})


def test_compare_runs_measures_every_run_against_the_first(worse, best, store):
    (found,) = compare_runs([worse, best], "test", store)

    assert (found.reference, found.other) == (worse, best)
    assert (found.result.mcnemar.fixed, found.result.mcnemar.broken) == (3, 0)
    assert found.result.figure("accuracy").difference == pytest.approx(3 / 33)
    assert found.p_value == 0.25
    assert found.outcome == "unclear"


def test_compare_runs_corrects_for_their_number(worse, best, workspace, toy_dataset, store):
    third = make_run(workspace, "toy", toy_dataset, {("food", "animals"): 6})

    found = compare_runs([best, worse, third], "test", store)

    raw = [one.result.mcnemar.p_value for one in found]
    assert raw == [0.25, 2 / 64]
    assert [one.p_value for one in found] == [0.25, 4 / 64]
    assert [one.num_compared for one in found] == [2, 2]


def test_compare_runs_names_settings_that_differ(worse, best, store):
    (found,) = compare_runs([worse, best], "test", store)

    assert found.settings == [("num_epochs", 3, 9)]
    assert not found.is_only_another_seed


def test_compare_runs_of_several_labels(topics_run, workspace, topics_dataset, store):
    other = make_topics_run(workspace, topics_dataset, topics_run)

    (found,) = compare_runs([topics_run, other], "test", store)

    assert found.result.task == "multi_label"
    assert found.result.mcnemar.broken == 0
    assert found.result.figure("macro_f1").other == 1.0


def make_topics_run(workspace, dataset, run):
    """Write a second run on `topics` that makes no mistake."""
    from textcls_core.files import write_json
    from textcls_core.runs.store import RunStore

    other, _ = RunStore.open(workspace).create(run.config.model_copy(update={"seed": 7}))
    other.predictions_file("test").parent.mkdir()
    known = run.predictions("test")
    sure = np.where(known.targets, 0.9, 0.1)
    predictions_of(known.row_ids, known.targets.astype(float), sure, known.label_names).save(
        other.predictions_file("test")
    )
    write_json(other.folder / "finished.json", {"outcome": "completed"})
    return other


@pytest.mark.parametrize("repeats", [1, 2])
def test_compare_runs_needs_two_different_runs(worse, store, repeats):
    with pytest.raises(InvalidArgumentError, match="two or more different runs"):
        compare_runs([worse] * repeats, "test", store)


def test_compare_runs_leaves_rows_with_changed_labels_out(worse, relabelled, store, toy_dataset):
    (found,) = compare_runs([worse, relabelled], "test", store)

    changed_ids = set(toy_dataset.row_ids(toy_dataset.indices("test")[:2]))
    assert changed_ids.isdisjoint(found.result.pair[0].row_ids)
    assert found.result.num_examples == 31
    assert found.num_reference_rows == 33
    assert found.to_json()["left_out"] == {"relabelled": 2, "only_reference": 0, "only_other": 0}
    assert left_out_sentence(found) == (
        "The test rows of toy v1 and toy v2 are not the same: 2 true labels changed. Both runs are "
        "compared on the 31 rows with the same label in both. The figures that each run shows by "
        "itself are over other rows or labels, and cannot be compared."
    )
    assert seeds_sentence(found).startswith("Other seeds were measured on all rows")


def test_compare_runs_judges_both_runs_by_labels_that_nobody_changed(
    workspace, store, toy_dataset, worse
):
    """The old run is not charged with a wrong label, and not credited with the correction."""
    wrong = worse.predictions("test")
    row_id = wrong.row_ids[int(np.flatnonzero(wrong.is_mistake)[0])]
    answer = wrong.label_names[wrong.predicted_label_ids[wrong.row_ids.index(row_id)]]
    version = relabel(toy_dataset, {row_id: answer})
    store.save(version, "toy", "corrected", parent=toy_dataset.fingerprint)
    again = make_run(workspace, "toy", version, {})

    (found,) = compare_runs([worse, again], "test", store)

    assert (found.result.mcnemar.fixed, found.result.mcnemar.broken) == (2, 0)
    assert found.result.num_examples == 32


def test_compare_runs_leaves_dropped_rows_out(worse, workspace, store, toy_dataset):
    gone = toy_dataset.row_ids(toy_dataset.indices("test")[:3])
    version = drop_rows(toy_dataset, gone)
    store.save(version, "toy", "dropped", parent=toy_dataset.fingerprint)
    again = make_run(workspace, "toy", version, {})

    (found,) = compare_runs([worse, again], "test", store)
    (turned,) = compare_runs([again, worse], "test", store)

    assert found.result.num_examples == turned.result.num_examples == 30
    assert "are not the same: 3 rows only in toy v1. Both" in left_out_sentence(found)
    assert "are not the same: 3 rows only in toy v1. Both" in left_out_sentence(turned)


def test_compare_runs_on_versions_with_the_same_test_rows_leaves_nothing_out(
    worse, workspace, store, toy_dataset
):
    row_id = toy_dataset.row_ids(toy_dataset.indices("train")[:1])[0]
    version = drop_rows(toy_dataset, [row_id])
    store.save(version, "toy", "fewer training rows", parent=toy_dataset.fingerprint)
    again = make_run(workspace, "toy", version, {})

    (found,) = compare_runs([worse, again], "test", store)

    assert found.left_out is None
    assert left_out_sentence(found) == ""
    assert found.result.num_examples == 33


def test_compare_runs_refuses_rows_dealt_out_anew(worse, resplit, store):
    message = "2 rows only in the first, 1 only in the second, 31 in both.*toy v1 and toy v2"
    with pytest.raises(InvalidArgumentError, match=message):
        compare_runs([worse, resplit], "test", store)


def test_compare_runs_refuses_rows_whose_labels_all_changed(worse, workspace, store, toy_dataset):
    names = {"food": "animals", "animals": "weather", "weather": "food"}
    version = rename_labels(toy_dataset, names)
    store.save(version, "toy", "turned", parent=toy_dataset.fingerprint)

    message = "the labels were changed in between: 33 of the 33 rows"
    with pytest.raises(InvalidArgumentError, match=message):
        compare_runs([worse, make_run(workspace, "toy", version, {})], "test", store)


def test_compare_runs_refuses_runs_of_another_task(worse, topics_run, store):
    with pytest.raises(InvalidArgumentError, match="one gives exactly one label per text"):
        compare_runs([worse, topics_run], "test", store)


def test_compare_runs_refuses_a_run_without_predictions(worse, best, store):
    best.predictions_file("test").unlink()

    with pytest.raises(InvalidArgumentError, match='has no predictions for "test"'):
        compare_runs([worse, best], "test", store)


def test_why_not_comparable_is_empty_for_the_same_rows(worse, best, store):
    assert why_not_comparable(worse, best, "test", store) == ""


@pytest.mark.parametrize(("split", "expected"), [("test", True), ("validation", False)])
def test_uses_same_rows_knows_folds(worse, workspace, toy_dataset, split, expected):
    fold = make_run(workspace, "toy", toy_dataset, {}, num_folds=3, fold=1)

    assert uses_same_rows(worse, fold, split) is expected


def test_uses_same_rows_needs_predictions_of_both(worse, best):
    best.predictions_file("test").unlink()

    assert not uses_same_rows(worse, best, "test")


def test_uses_same_rows_is_silent_about_other_versions(worse, relabelled):
    assert not uses_same_rows(worse, relabelled, "test")


def test_changed_rows_show_both_answers(worse, best, store, toy_dataset):
    (found,) = compare_runs([worse, best], "test", store)

    rows = changed_rows(found, found.result.fixed, toy_dataset)

    assert sorted((row["true"], row["reference"], row["other"]) for row in rows) == [
        ("food", "animals", "food"),
        ("food", "animals", "food"),
        ("weather", "food", "weather"),
    ]
    assert all(toy_dataset.texts(toy_dataset.positions([r["row_id"]])) == [r["text"]] for r in rows)


def test_changed_rows_need_their_data_set(worse, best, store, topics_dataset):
    (found,) = compare_runs([worse, best], "test", store)

    with pytest.raises(NotFoundError, match="2 of 3 rows are not in this data set"):
        changed_rows(found, found.result.fixed, topics_dataset)


def test_verdict_says_when_nothing_can_be_shown(worse, best, store):
    (found,) = compare_runs([worse, best], "test", store)

    assert verdict(found).startswith(
        "No difference can be shown: Best is right on 3 more of 33 test rows (accuracy +9.1"
    )
    assert verdict(found).endswith("McNemar p = 0.250).")


def test_verdict_gives_the_difference_first(best, workspace, toy_dataset, store):
    bad = make_run(workspace, "toy", toy_dataset, {("food", "animals"): 11})
    (found,) = compare_runs([best, bad], "test", store)

    assert verdict(found, "B").startswith("B is right on 11 fewer of 33 test rows (accuracy -33.3")
    assert verdict(found).endswith("McNemar p < 0.001).")


def test_verdict_of_equal_runs(best, workspace, toy_dataset, store):
    again = make_run(workspace, "toy", toy_dataset, {}, name="Again")
    (found,) = compare_runs([best, again], "test", store)

    assert verdict(found).startswith(
        "No difference can be shown: Again is right on as many of 33 test rows"
    )


def test_verdict_names_the_correction(best, worse, workspace, toy_dataset, store):
    again = make_run(workspace, "toy", toy_dataset, {})

    assert "McNemar p = 0.500, Holm-corrected" in verdict(
        compare_runs([best, worse, again], "test", store)[0]
    )


def test_seeds_sentence_without_seeds_leaves_it_open(worse, best, store):
    (found,) = compare_runs([worse, best], "test", store, known=[worse, best])

    assert seeds_sentence(found).startswith("Neither setting was trained with another seed")


def test_seeds_sentence_of_two_seeds_calls_it_chance(worse, workspace, toy_dataset, store):
    other = make_run(workspace, "toy", toy_dataset, {}, seed=7)
    (found,) = compare_runs([worse, other], "test", store, known=[worse, other])

    assert found.is_only_another_seed
    assert seeds_sentence(found).startswith("The two runs differ in nothing but their seed")
    assert "2 seeds is 95.5 % ± 6.4, from 90.9 % to 100.0 %" in seeds_sentence(found)


@pytest.mark.parametrize(
    ("mistakes", "within", "start"),
    [(0, True, "The difference is within"), (9, False, "The difference is larger")],
)
def test_seeds_sentence_compares_with_the_spread(
    best, workspace, toy_dataset, store, mistakes, within, start
):
    seeds = [
        make_run(workspace, "toy", toy_dataset, {("food", "animals"): count}, seed=seed)
        for seed, count in enumerate((mistakes, mistakes + 2))
    ]
    (found,) = compare_runs([best, seeds[1]], "test", store, known=[best, *seeds])

    assert found.within_seeds is within
    assert seeds_sentence(found).startswith(start)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("accuracy", 0.0123, "+1.2 points"),
        ("accuracy", -0.0001, "+0.0 points"),
        ("loss", -0.0123, "-0.012"),
    ],
)
def test_difference_text_has_its_unit(name, value, text):
    assert difference_text(name, value) == text


def test_reading_says_the_direction_of_a_loss(worse, best, store):
    loss = compare_runs([worse, best], "test", store)[0].result.figure("loss")

    assert reading(loss) in {"better: lower", "unclear"}
    assert " to " in interval_text(loss)


def test_comparison_json_holds_settings_and_seeds(worse, best, store):
    facts = compare_runs([worse, best], "test", store)[0].to_json()

    assert facts["settings"] == [{"name": "num_epochs", "reference": 3, "other": 9}]
    assert facts["seeds"] == {"reference": None, "other": None}
    assert facts["mcnemar"]["adjusted_p_value"] == 0.25
