from typing import get_args

from textcls_core.config import BestMetric
from textcls_core.evaluation.bootstrap import Interval
from textcls_core.evaluation.metric_names import (
    METRICS,
    RANKED,
    VALIDATION,
    interval_text,
    metric_text,
    metrics_of,
    value_text,
)


def test_shares_are_written_in_percent_and_scores_with_three_digits():
    assert value_text("macro_f1", 0.97849) == "97.8 %"
    assert value_text("mcc", 0.97849) == "0.978"


def test_intervals_are_written_without_their_unit():
    assert interval_text("accuracy", Interval(0.969, 0.985)) == "96.9\u201398.5"
    assert interval_text("loss", Interval(0.0712, 0.12)) == "0.071\u20130.120"
    assert interval_text("loss", None) == ""


def test_figures_are_written_with_their_interval_where_there_is_one():
    assert metric_text("accuracy", 0.978, Interval(0.969, 0.985)) == "97.8 % (96.9\u201398.5)"
    assert metric_text("accuracy", 0.978, None) == "97.8 %"


def test_titles_differ():
    assert len({name.title for name in METRICS.values()}) == len(METRICS)


def test_every_figure_can_choose_the_best_model():
    assert {column.removeprefix(VALIDATION) for column in get_args(BestMetric)} == set(METRICS)


def test_less_is_better_for_errors_alone():
    errors = {name for name, metric in METRICS.items() if metric.sign == 1}

    assert errors == {"loss", "brier", "hamming_loss"}
    assert set(METRICS) >= RANKED


def test_figures_depend_on_the_task_and_the_number_of_labels():
    assert "top_3_accuracy" in metrics_of("single_label", 4)
    assert "top_3_accuracy" not in metrics_of("single_label", 3)
    assert "mcc" not in metrics_of("multi_label", 4)
    assert "hamming_loss" not in metrics_of("single_label", 4)
