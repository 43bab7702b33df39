"""Tests of the baselines beside a group on the Train page."""

import pytest

from tests.groups import GROUP_ID, add_member, figures, finish, make_group
from tests.pages.conftest import chart, links, select_row, shown


@pytest.fixture
def make_seeds(workspace, toy_dataset):
    """Give a maker of two completed seeds on `toy`."""

    def make(**settings):
        fingerprint = toy_dataset.fingerprint
        group = make_group(workspace, num_planned=2, dataset_fingerprint=fingerprint, **settings)
        for number in (1, 2):
            run = add_member(group, number, seed=number)
            finish(run, validation=figures(0.8), test=figures(0.9))
        return group

    return make


def members(app):
    return next(frame.value for frame in app.dataframe if "State" in frame.value)


def said(app):
    return next(text for text in shown(app.caption) if text.startswith("Select a row"))


def test_baselines_stand_below_the_runs_of_a_group(open_page, make_seeds, toy_baselines):
    make_seeds()

    app = open_page("training", group=GROUP_ID)

    table = members(app)
    assert not app.exception
    assert table["Run"].tolist() == [
        *("seed 1", "seed 2", "Majority class", "TF-IDF + linear SVM", "Frozen minilm")
    ]
    assert table["validation macro-F1"].tolist()[2:] == pytest.approx([31, 78, 93])
    assert table["test accuracy"].tolist()[2:] == pytest.approx([33, 80, 95])
    assert table["Note"].tolist()[3] == "Baseline. How tfidf was made."
    assert said(app) == "Select a row to open its run. Baselines stand below the runs."


def test_chart_of_a_group_has_the_lines_of_its_baselines(open_page, make_seeds, toy_baselines):
    make_seeds()

    app = open_page("training", group=GROUP_ID)

    texts = [note["text"] for note in chart(app)["layout"]["annotations"]]
    assert len(texts) == 12  # of four figures
    assert {"Frozen minilm 95.0 %", "TF-IDF + linear SVM 80.0 %"} <= set(texts)
    assert "Dotted lines: baselines. An arrow: too far from the runs for the axis." in shown(
        app.caption
    )
    table = next(frame.value for frame in app.dataframe if "figure" in frame.value)
    assert table["Frozen minilm"].tolist() == ["95.00 %", "93.00 %"] * 2


def test_chart_of_a_search_marks_its_baselines(open_page, workspace, toy_dataset, toy_baselines):
    group = make_group(
        workspace, "grid", ("seed=1,2",), 2, dataset_fingerprint=toy_dataset.fingerprint
    )
    for number, accuracy in ((1, 0.8), (2, 0.9)):
        finish(add_member(group, number, seed=number), validation=figures(accuracy))

    app = open_page("training", group=GROUP_ID)

    assert [trace["name"] for trace in chart(app)["data"]][-1] == "baselines"
    assert (
        "Grey marks on the last axis: TF-IDF + linear SVM 78.0 %, Frozen minilm 93.0 %. "
        "Far below the axis: Majority class 31.0 %."
    ) in [text.replace("\\", "") for text in shown(app.caption)]


def test_loss_of_baselines_is_beside_the_loss_of_the_runs(open_page, make_seeds, toy_baselines):
    make_seeds(metric_for_best_model="validation_loss")

    table = members(open_page("training", group=GROUP_ID)).set_index("Run")

    assert table.loc["Frozen minilm", "validation loss"] == pytest.approx(0.05)
    assert table["validation loss"].isna().tolist() == [False, False, False, True, False]


def test_folds_have_no_validation_figure_of_baselines(
    open_page, workspace, toy_dataset, toy_baselines
):
    settings = {"num_folds": 2, "fold": 1, "dataset_fingerprint": toy_dataset.fingerprint}
    group = make_group(workspace, "folds", (), 2, **settings)
    for fold in (1, 2):
        run = add_member(group, fold, fold=fold)
        finish(run, validation=figures(0.8), test=figures(0.5))

    app = open_page("training", group=GROUP_ID)

    table = members(app)
    assert table["validation macro-F1"].isna().tolist() == [False, False, True, True, True]
    assert table["test accuracy"].tolist()[2:] == pytest.approx([33, 80, 95])
    assert said(app).endswith("They have no validation figure: every fold validates on other rows.")


def test_baseline_that_is_selected_leads_nowhere(open_page, make_seeds, toy_baselines):
    make_seeds()
    app = open_page("training", group=GROUP_ID)

    select_row(app, "group.members.2", 3)

    assert not app.exception
    assert "Progress" not in links(app)


def test_group_without_baselines_says_nothing_of_them(open_page, make_seeds):
    make_seeds()

    assert said(open_page("training", group=GROUP_ID)) == "Select a row to open its run."
