from textcls_core.evaluation.bootstrap import Interval
from textcls_core.evaluation.metric_names import METRICS, interval_text, metric_text, value_text


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
