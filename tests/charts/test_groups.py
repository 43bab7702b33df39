"""Tests of the picture of a search: lines through settings."""

import pytest

from tests.groups import add_member, figures, finish, make_group
from textcls_core.charts.baselines import BaselineLine
from textcls_core.charts.groups import baseline_words, parallel_coordinates_chart, parallel_rows
from textcls_core.runs.group import TrialEnd
from textcls_core.runs.group_figures import members_of
from textcls_core.workspace import Workspace

RATES = (1e-5, 1e-4, 1e-3)
ACCURACIES = (0.7, 0.9, 0.8)
SPACE = ("learning_rate=1e-5:1e-3:log", "loss=cross_entropy,focal", "seed=1:9")


@pytest.fixture
def workspace(tmp_path):
    """An empty workspace."""
    return Workspace(tmp_path)


@pytest.fixture
def search(workspace):
    """Three completed trials, one pruned and one skipped."""
    group = make_group(workspace, "tpe", SPACE, 5)
    losses = ("cross_entropy", "focal", "focal")
    for number, (rate, loss, accuracy) in enumerate(zip(RATES, losses, ACCURACIES, strict=True), 1):
        run = add_member(group, number, learning_rate=rate, loss=loss, seed=5)
        finish(run, validation=figures(accuracy), test=figures(accuracy - 0.1))
    run = add_member(group, 4, learning_rate=1e-4, loss="focal", seed=9)
    finish(run, "stopped", validation=figures(0.75), test=figures(0.5))
    settings = {"learning_rate": 1e-4, "loss": "focal", "seed": 1}
    group.record_end(TrialEnd(number=4, ending="pruned", settings=settings, reason="Behind."))
    group.record_end(TrialEnd(number=5, ending="skipped", settings=settings, reason="Twice."))
    return group


def drawn(group, baselines=(), **options):
    chart = parallel_coordinates_chart(group.plan, members_of(group), baselines, **options)
    return chart.to_dict(), {trace["name"]: trace for trace in chart.to_dict()["data"]}


def test_each_run_with_a_figure_is_a_line_through_all_axes(search):
    _, lines = drawn(search)

    assert set(lines) == {"trial 1", "trial 2", "trial 3", "trial 4"}
    assert all(len(line["x"]) == len(line["y"]) == 4 for line in lines.values())


def test_values_stand_where_their_axis_says(search):
    _, lines = drawn(search)

    heights = [lines[f"trial {number}"]["y"] for number in (1, 2, 3, 4)]
    assert [h[0] for h in heights] == pytest.approx([0, 0.5, 1, 0.5])  # on a log scale
    assert [h[1] for h in heights] == [0, 1, 1, 1]
    assert [h[2] for h in heights] == pytest.approx([0.5, 0.5, 0.5, 1])
    assert [h[3] for h in heights] == pytest.approx([0, 1, 0.5, 0.25])


def test_a_loss_is_turned_over_so_that_better_is_higher(workspace):
    group = make_group(workspace, "grid", ("seed=1,2",), 2, metric_for_best_model="validation_loss")
    for number, accuracy in ((1, 0.7), (2, 0.9)):
        finish(add_member(group, number, seed=number), validation=figures(accuracy))

    figure, lines = drawn(group)

    assert [lines[f"combination {n}"]["y"][-1] for n in (1, 2)] == pytest.approx([0, 1])
    assert (
        figure["layout"]["title"]["text"] == "Best of 2 runs: combination 2, validation loss 0.1000"
    )


def test_the_best_run_is_thick_on_top_and_named_in_the_title(search):
    figure, lines = drawn(search)

    assert figure["data"][-1]["name"] == "trial 2"
    assert lines["trial 2"]["line"]["width"] > lines["trial 1"]["line"]["width"]
    assert (
        figure["layout"]["title"]["text"] == "Best of 4 runs: trial 2, validation macro-F1 90.0 %"
    )


def test_runs_that_were_not_trained_to_their_end_are_dotted(search):
    _, lines = drawn(search)

    assert [lines[f"trial {n}"]["line"]["dash"] for n in (3, 4)] == ["solid", "dot"]


def test_a_point_tells_everything_and_carries_the_run(search):
    _, lines = drawn(search)

    hover = lines["trial 2"]["hovertemplate"]
    assert "learning_rate 0.0001" in hover
    assert "loss focal" in hover
    assert "validation macro-F1 90.0 %" in hover
    assert set(lines["trial 2"]["customdata"]) == {search.members[1].run_id}


def test_axes_are_named_and_labelled(search):
    figure, _ = drawn(search)

    texts = [annotation["text"] for annotation in figure["layout"]["annotations"]]
    assert {"<b>learning_rate</b>", "<b>loss</b>", "<b>seed</b>"} <= set(texts)
    assert {"1e-5", "0.0001", "0.001", "cross_entropy", "focal", "1", "9", "90.0 %"} <= set(texts)
    assert len(figure["layout"]["shapes"]) == 4


@pytest.mark.parametrize(("is_dark", "behind"), [(True, "rgba(18,22,31"), (False, "rgba(255,255")])
def test_labels_stay_legible_on_the_page_behind(search, is_dark, behind):
    figure, _ = drawn(search, is_dark=is_dark)

    colors = {a["bgcolor"] for a in figure["layout"]["annotations"] if "bgcolor" in a}
    assert len(colors) == 1
    assert colors.pop().startswith(behind)


def test_names_of_models_are_drawn_as_they_are(workspace):
    group = make_group(workspace, "grid", ("model=<b>a</b>,minilm",), 2)
    finish(add_member(group, 1, model="<b>a</b>"), validation=figures(0.7))

    figure, lines = drawn(group)

    assert "&lt;b&gt;a&lt;/b&gt;" in [a["text"] for a in figure["layout"]["annotations"]]
    assert "<b>a" not in lines["combination 1"]["hovertemplate"]


def test_one_run_alone_can_be_drawn(workspace):
    group = make_group(workspace, "grid", ("seed=1,2",), 2)
    finish(add_member(group, 1, seed=1), validation=figures(0.7))

    _, lines = drawn(group)

    assert lines["combination 1"]["y"] == pytest.approx([0, 0.5])


def test_no_run_at_all_can_be_drawn(workspace):
    figure, lines = drawn(make_group(workspace, "grid", ("seed=1,2",), 2))

    assert lines == {}
    assert figure["layout"]["title"]["text"] == "0 runs validated so far, none ended"


def test_the_table_of_the_lines_has_the_best_first(search):
    rows = parallel_rows(search.plan, members_of(search))

    assert [row["run"] for row in rows] == ["trial 2", "trial 3", "trial 4", "trial 1"]
    assert rows[0] == {
        "run": "trial 2",
        "learning_rate": 1e-4,
        "loss": "focal",
        "seed": 5,
        "validation macro-F1": 0.9,
    }


FROZEN = BaselineLine("Frozen <b>mini", {"validation_macro_f1": 0.95, "validation_loss": 0.05})
TFIDF = BaselineLine("TF-IDF", {"validation_macro_f1": 0.75})
MAJORITY = BaselineLine("Majority class", {"validation_macro_f1": 0.1, "validation_loss": 1.9})


def test_baselines_are_marks_on_the_last_axis(search):
    _, lines = drawn(search, [FROZEN, TFIDF])

    marks = lines["baselines"]
    assert marks["y"][::3] == pytest.approx([1, 0.2])  # the best run has 90 %, the worst 70 %
    assert all(3 - x < 0.2 for x in marks["x"] if x is not None)
    assert list(marks["text"][::3]) == ["Frozen &lt;b&gt;mini 95.0 %", "TF-IDF 75.0 %"]
    assert lines["trial 2"]["y"][-1] == pytest.approx(0.8)


def test_a_baseline_far_worse_than_every_run_leaves_the_axis_to_the_runs(search):
    baselines = [FROZEN, TFIDF, MAJORITY]

    assert drawn(search, baselines)[1]["trial 1"] == drawn(search, baselines[:2])[1]["trial 1"]
    assert baseline_words(search.plan, members_of(search), baselines) == (
        "Grey marks on the last axis: Frozen <b>mini 95.0 %, TF-IDF 75.0 %. "
        "Far below the axis: Majority class 10.0 %."
    )


@pytest.mark.parametrize(("loss", "is_near"), [(0.49, True), (0.51, False), (0.01, True)])
def test_of_an_error_the_larger_one_is_far_below(workspace, loss, is_near):
    group = make_group(workspace, "grid", ("seed=1,2",), 2, metric_for_best_model="validation_loss")
    for number, accuracy in ((1, 0.7), (2, 0.9)):
        finish(add_member(group, number, seed=number), validation=figures(accuracy))
    line = BaselineLine("TF-IDF", {"validation_loss": loss})

    assert ("baselines" in drawn(group, [line])[1]) == is_near
    where = "Grey marks on the last axis" if is_near else "Far below the axis"
    said = baseline_words(group.plan, members_of(group), [line])
    assert said == f"{where}: TF-IDF {loss:.4f}."


def test_baselines_without_the_figure_are_left_out(search):
    line = BaselineLine("TF-IDF", {"validation_accuracy": 0.8})

    assert "baselines" not in drawn(search, [line])[1]
    assert baseline_words(search.plan, members_of(search), [line]) == ""


def test_baselines_stand_among_the_runs_of_the_table(search):
    rows = parallel_rows(search.plan, members_of(search), [FROZEN, TFIDF])

    assert [row["run"] for row in rows] == [
        *("Frozen <b>mini", "trial 2", "trial 3", "trial 4", "TF-IDF", "trial 1")
    ]
    assert rows[4] == {"run": "TF-IDF", "validation macro-F1": 0.75}
