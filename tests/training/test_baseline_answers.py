"""Tests of what baselines answered, row by row, beside a run on the same rows."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import make_baseline
from textcls_core.config import RunConfig
from textcls_core.evaluation.by_task import figures_of
from textcls_core.evaluation.curves import Point
from textcls_core.evaluation.predictions import Predictions
from textcls_core.training.baseline_answers import (
    AnsweredBaseline,
    answers_of_run,
    has_answers,
    save_answers,
)
from textcls_core.training.baseline_fitting import compute_tfidf, ensure_baselines
from textcls_core.training.baselines import save_baseline

ROWS = tuple(f"r{number}" for number in range(8))


def config_of(dataset, **settings):
    facts = {"dataset": "toy", "dataset_fingerprint": dataset.fingerprint}
    return RunConfig.create({**facts, **settings})


def answered(row_ids, right):
    """Return a baseline of two classes that is right or wrong as told."""
    true = np.arange(len(row_ids)) % 2
    given_ids = np.where(right, true, 1 - true)
    predictions = Predictions(tuple(row_ids), true, np.eye(2)[given_ids], ("a", "b"))
    return AnsweredBaseline(make_baseline("f" * 64, "tfidf", 0.5), predictions)


@pytest.mark.parametrize("split", ["validation", "test"])
def test_answers_are_those_that_the_figures_were_measured_on(workspace, toy_dataset, split):
    known = ensure_baselines(workspace, toy_dataset)

    found = answers_of_run(workspace, config_of(toy_dataset), split)

    assert [one.baseline for one in found] == known
    for one in found:
        figures, kept = figures_of(one.predictions), one.baseline.figures(split)
        assert (figures.accuracy, figures.macro_f1) == (kept.accuracy, kept.macro_f1)
        assert one.predictions.row_ids == tuple(toy_dataset.row_ids(toy_dataset.indices(split)))


def test_answers_have_probabilities_where_the_method_gives_some(workspace, toy_dataset):
    ensure_baselines(workspace, toy_dataset)

    found = answers_of_run(workspace, config_of(toy_dataset), "test")

    assert {one.title: one.has_probabilities for one in found} == {
        "Majority class": True,
        "TF-IDF + linear SVM": False,
    }
    assert set(np.unique(found[1].predictions.probabilities)) == {0, 1}


def test_answers_of_training_rows_and_of_folds_are_none(workspace, toy_dataset):
    ensure_baselines(workspace, toy_dataset)
    fold = config_of(toy_dataset, num_folds=3, fold=1)

    assert answers_of_run(workspace, config_of(toy_dataset), "train") == []
    assert answers_of_run(workspace, fold, "validation") == []
    assert len(answers_of_run(workspace, fold, "test")) == 2


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" * 9])
def test_damaged_answers_are_left_out_and_missed(workspace, toy_dataset, content, caplog):
    _, tfidf = ensure_baselines(workspace, toy_dataset)
    (file,) = workspace.baselines_dir.rglob("tfidf-test.parquet")
    file.write_bytes(content)

    found = answers_of_run(workspace, config_of(toy_dataset), "test")

    assert [one.baseline.name for one in found] == ["majority"]
    assert "tfidf-test.parquet are damaged and will be measured again." in caplog.text
    assert not has_answers(workspace, tfidf)


def test_answers_on_other_rows_than_the_figures_are_left_out(workspace, toy_dataset):
    fitted = compute_tfidf(toy_dataset)
    half = dict.fromkeys(fitted.answers, answered(ROWS, [True] * 8).predictions)
    save_answers(workspace, fitted.baseline, half)
    save_baseline(workspace, fitted.baseline)

    assert answers_of_run(workspace, config_of(toy_dataset), "test") == []


@given(
    right=st.lists(st.booleans(), min_size=8, max_size=8),
    parts=st.lists(st.integers(0, 2), min_size=8, max_size=8),
    order=st.permutations(range(8)),
    num_answered=st.integers(1, 8),
)
def test_parts_and_slices_match_rows_by_id(right, parts, order, num_answered):
    asked = list(order)[:num_answered]
    whole = answered(ROWS, right)
    baseline = dataclasses.replace(
        whole,
        predictions=Predictions(
            tuple(ROWS[row] for row in asked),
            whole.predictions.true_label_ids[asked],
            whole.predictions.probabilities[asked],
            ("a", "b"),
        ),
    )
    part_of_row = np.array(parts)

    values = baseline.part_values(ROWS, part_of_row, 3, "accuracy")
    known = baseline.known_right(ROWS)

    for part in range(3):
        members = [row for row in asked if parts[row] == part]
        expected = np.mean([right[row] for row in members]) if members else None
        assert values[part] == (pytest.approx(expected) if members else None)
        assert known.share(part_of_row == part) == values[part]


def test_known_right_may_ask_for_one_class():
    baseline = answered(ROWS, [False, True] * 4)

    assert baseline.known_right(ROWS, "b").is_right.tolist() == [False, True] * 4
    assert baseline.known_right(ROWS[:3]).is_known.tolist() == [True] * 3
    assert baseline.known_right(("elsewhere",)).share(np.array([True])) is None


def test_measures_of_answers_need_probabilities_or_say_none(workspace, toy_dataset):
    ensure_baselines(workspace, toy_dataset)
    majority, tfidf = answers_of_run(workspace, config_of(toy_dataset), "test")

    assert majority.mean_curves()[0].area == 0.5
    assert majority.reliability().expected_error < 1e-6
    assert (tfidf.mean_curves()[0], tfidf.reliability()) == (Point(0.0, 1.0), None)
    assert (len(majority.risk().levels), len(tfidf.risk().levels)) == (1, 1)
    assert majority.risk().aurc == pytest.approx(1 - majority.baseline.test.accuracy)


def test_curves_of_a_split_with_one_class_are_none():
    rows = answered(ROWS[:1], [True])
    one = dataclasses.replace(rows, baseline=make_baseline("f" * 64, "majority", 0.5))

    assert one.mean_curves() is None
