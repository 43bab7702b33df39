"""Tests of what several pages show alike: the labels of runs, and links."""

import re

from pages._app.controls import run_label, run_labels
from tests.pages.conftest import links, make_run


def test_labels_of_runs_with_the_same_title_say_when_each_was_made(workspace, toy_dataset):
    names = ["Same", "Same", "Other"]
    runs = [make_run(workspace, "toy", toy_dataset, {}, name=name) for name in names]

    first, second, other = run_labels({run.run_id: run for run in runs}).values()

    made = r"Same · \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC · [\d.]+ %"
    assert re.fullmatch(made, first)
    assert re.fullmatch(made, second)
    assert other == run_label(runs[2])


def test_titles_that_look_alike_only_when_cut_count_as_the_same(workspace, toy_dataset):
    names = ["long " * 12 + "one", "long " * 12 + "two"]
    runs = [make_run(workspace, "toy", toy_dataset, {}, name=name) for name in names]

    labels = run_labels({run.run_id: run for run in runs}).values()

    assert all(" UTC · " in label for label in labels)


def test_a_link_has_the_colour_of_links_and_leads_where_it_says(open_page, toy_run, toy_dataset):
    found = links(open_page("explanation"))["toy v1"]

    assert found.label == ":blue[toy v1]"
    assert found.proto.query_string == f"dataset={toy_dataset.fingerprint[:16]}"
