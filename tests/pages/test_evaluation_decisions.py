"""Tests of the view of decisions: rules chosen, measured, kept, and taken back."""

import pytest

from tests.pages.conftest import (
    HOSTILE_CLASSES,
    as_shown,
    chart,
    labels,
    links,
    make_run,
    metrics,
    press,
    select_row,
    shown,
)
from textcls_core.evaluation.costs import costs_to_csv
from textcls_core.evaluation.decision import Decision, write_decision
from textcls_core.evaluation.rule import DecisionRule

NAMES = ("animals", "food", "weather")
COSTS = ((0.0, 1.0, 1.0), (9.0, 0.0, 9.0), (1.0, 1.0, 0.0))


@pytest.fixture
def view(open_page):
    """Open the view with parameters."""
    return lambda **parameters: open_page("evaluation", panel="Decisions", **parameters)


@pytest.fixture
def kept(runnable_run):
    """A run with a rule that answers no text of the test split."""
    rule = DecisionRule(abstain_below=0.95)
    write_decision(runnable_run.model_dir, Decision(rule=rule))
    return runnable_run


@pytest.fixture
def topics_model(topics_run):
    """A run of several labels per text with a folder where a model would be."""
    topics_run.model_dir.mkdir()
    return topics_run


def headings(app):
    return [as_shown(element.value) for element in app.markdown]


def test_view_begins_with_the_plain_rule(view, runnable_run):
    app = view()

    assert not app.exception
    assert "In use: the plain rule." in headings(app)[0]
    assert metrics(app)["Texts answered"] == "100.0 %"
    assert metrics(app)["Right answers"] == "90.9 %"
    assert "Every text keeps the answer of the plain rule." in shown(app.caption)
    assert app.button(key="decisions.use").disabled


def test_view_has_a_curve_with_a_table(view, runnable_run):
    app = view()

    title = chart(app)["layout"]["title"]["text"]
    assert title == "9.1 % of the answers are wrong when every text gets one"
    assert "wrong answers (%)" in app.dataframe[0].value.columns


def test_no_answer_below_a_confidence_is_measured_and_listed(view, runnable_run):
    app = view(decisions_abstain="below", decisions_level="95")

    assert metrics(app)["Texts answered"] == "0.0 %"
    assert metrics(app)["Right answers"] == "none"
    assert any("None of the 33 texts gets an answer." in text for text in headings(app))
    options = app.segmented_control(key="choose.decisions_change").options
    assert options == ["No answer, was wrong: 3", "No answer, was right: 30"]


def test_rule_is_kept_in_the_model_and_taken_back(view, runnable_run):
    app = press(view(decisions_kind="thresholds"), "decisions.use")

    assert not app.exception
    assert runnable_run.decision.rule.kind == "thresholds"
    assert "decisions_kind" not in app.query_params
    assert "In use: a rule kept in the model." in headings(app)[0]

    app = press(app, "decisions.reset")

    assert runnable_run.decision == Decision()
    assert "In use: the plain rule." in headings(app)[0]


def test_rule_that_is_kept_is_shown_first(view, kept):
    app = view()

    assert app.segmented_control(key="choose.decisions_kind").value == "kept"
    assert metrics(app)["Texts answered"] == "0.0 %"
    assert "Back to the plain rule" in labels(app)


def test_overview_says_that_its_figures_are_without_the_rule(open_page, kept):
    app = open_page("evaluation")

    assert any("These figures are without it." in text for text in shown(app.caption))
    assert metrics(app)["Accuracy"] == "90.9 %"
    assert "panel=Decisions" in links(app)["Show the rule"].proto.query_string


def test_overview_without_a_rule_says_nothing(open_page, runnable_run):
    app = open_page("evaluation")

    assert not [text for text in shown(app.caption) if "rule" in text]


def test_predict_page_follows_the_rule(open_page, kept):
    app = open_page("prediction")
    app.text_area[0].set_value("a cat")
    app.button[0].click().run()

    assert "no answer" in app.markdown[0].value
    captions = " ".join(shown(app.caption))
    assert "answers follow it" in captions
    assert "less than 95.0 % sure" in captions


def test_predict_page_shows_prediction_sets(open_page, runnable_run):
    rule = DecisionRule(conformal={"coverage": 0.9, "quantile": 1.0})
    write_decision(runnable_run.model_dir, Decision(rule=rule))
    app = open_page("prediction")
    app.text_area[0].set_value("a cat")

    app.button[0].click().run()

    sets = next(text for text in shown(app.caption) if text.startswith("Prediction set: "))
    assert sorted(sets.removeprefix("Prediction set: ").split(", ")) == sorted(NAMES)


def test_thresholds_that_would_not_help_stay_equal(view, runnable_run):
    app = view(decisions_kind="thresholds")

    assert not app.exception
    assert any("All thresholds stay equal" in text for text in headings(app))
    assert metrics(app)["Right answers"] == "90.9 %"


def test_prediction_sets_are_measured(view, runnable_run):
    app = view(decisions_sets="0.9")

    assert "Prediction sets" in shown(app.subheader)
    assert any("Chosen coverage 90 %, measured **90.9 %**" in text for text in headings(app))
    assert any("covered (%)" in frame.value for frame in app.dataframe)


def test_costs_are_compared_with_the_price_of_no_answer(view, runnable_run):
    app = view(decisions_kind="costs", decisions_priced="cost", decisions_price="0.5")

    table = next(frame.value for frame in app.dataframe if "mean cost" in frame.value)
    assert table["rule"].tolist() == [
        "Most probable class",
        "Thresholds for F1",
        "Least expected cost",
        "Least expected cost, or no answer",
    ]
    assert table["mean cost"].iloc[0] == pytest.approx(3 / 33, abs=1e-4)


def test_costs_come_from_a_file(view, runnable_run):
    app = view(decisions_kind="costs", decisions_costs="file")

    app.file_uploader[0].upload("costs.csv", costs_to_csv(COSTS, NAMES).encode()).run()

    table = next(frame.value for frame in app.dataframe if "mean cost" in frame.value)
    assert table["mean cost"].iloc[0] == pytest.approx((2 * 9 + 1) / 33, abs=1e-4)
    press(app, "decisions.use")
    assert runnable_run.decision.rule.costs == COSTS


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "Expected a table of costs, got an empty file."),
        ("ä".encode("latin-1"), "Expected UTF-8 text."),
        (b",animals\nanimals,0\n", 'there is none for "food"'),
    ],
)
def test_costs_of_a_damaged_file_are_a_message(view, runnable_run, content, message):
    app = view(decisions_kind="costs", decisions_costs="file")

    app.file_uploader[0].upload("costs.csv", content).run()

    assert not app.exception
    assert message in shown(app.error)[0]


@pytest.mark.parametrize("mode", ["class", "matrix"])
def test_costs_to_type_in_start_at_one(view, runnable_run, mode):
    app = view(decisions_kind="costs", decisions_costs=mode)

    assert not app.exception
    table = next(frame.value for frame in app.dataframe if "mean cost" in frame.value)
    assert table["mean cost"].iloc[0] == pytest.approx(3 / 33, abs=1e-4)


def test_changed_row_opens_on_the_mistakes_page(view, runnable_run):
    app = view(decisions_abstain="below", decisions_level="95")

    app = select_row(app, "decisions.rows.no answer, was wrong", 0)

    assert app.title[0].value == "Mistakes"
    assert app.query_params["row"]


def test_share_of_right_answers_that_cannot_be_reached_is_a_message(view, workspace, toy_dataset):
    run = make_run(workspace, "toy", toy_dataset, {("food", "animals"): 2})
    wrong = run.predictions("test")
    wrong.save(run.predictions_file("validation"))

    app = view(run=run.run_id, decisions_abstain="right", decisions_right="100")

    assert not app.exception
    assert "Not even the surest answers are right in 100.0 %" in shown(app.error)[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("decisions_kind", "best"),
        ("decisions_sets", "1.5"),
        ("decisions_abstain", "<b>"),
        ("decisions_change", "nothing"),
    ],
)
def test_unknown_choice_in_the_link_is_ignored(view, runnable_run, name, value):
    app = view(**{name: value})

    assert not app.exception
    assert not app.error
    assert name not in app.query_params


@pytest.mark.parametrize("value", ["nan", "-1", "1e9", "x"])
def test_number_out_of_range_in_the_link_is_ignored(view, runnable_run, value):
    app = view(decisions_abstain="below", decisions_level=value)

    assert not app.exception
    assert "decisions_level" not in app.query_params
    assert app.number_input(key="choose.decisions_level").value == 80.0


def test_number_that_is_typed_goes_into_the_link(view, runnable_run):
    app = view(decisions_abstain="below")

    app.number_input(key="choose.decisions_level").set_value(92.5).run()

    assert app.query_params["decisions_level"] == "92.5"


def test_run_without_validation_rows_is_explained(view, runnable_run):
    runnable_run.predictions_file("validation").unlink()

    app = view()

    assert not app.exception
    assert "has no validation split" in shown(app.info)[0]
    assert not app.metric


@pytest.mark.parametrize("split", ["train", "validation"])
def test_figures_of_rows_that_were_seen_before_say_so(view, runnable_run, split):
    app = view(split=split)

    assert any("these figures are too good" in text for text in shown(app.caption))


def test_rule_is_not_kept_without_a_model(view, toy_run):
    app = press(view(decisions_kind="thresholds"), "decisions.use")

    assert not app.exception
    assert "Expected the folder of a model, but it is gone." in shown(app.error)[0]


def test_view_of_hostile_classes_shows_them_as_they_are(view, hostile_run):
    app = view(decisions_kind="thresholds", decisions_sets="0.9", decisions_abstain="below",
               decisions_level="95")  # fmt: skip

    assert not app.exception
    rows = app.dataframe[-1].value
    assert set(rows["true"]) <= set(HOSTILE_CLASSES)


def test_view_of_label_sets_tunes_thresholds_and_offers_no_costs(view, topics_model):
    app = view(decisions_kind="thresholds", decisions_target="recall", decisions_least="95")

    assert not app.exception
    assert not app.error
    kinds = app.segmented_control(key="choose.decisions_kind").options
    assert kinds == ["Every label from 50 % on", "Thresholds per label"]
    assert metrics(app)["Macro-F1 of answers"] != "66.7 %"
    assert any("need exactly one label per text" in text for text in shown(app.caption))
    press(app, "decisions.use")
    assert topics_model.decision.rule.kind == "thresholds"


def test_decisions_stand_beside_the_baselines(open_page, toy_run, measured_baselines):
    app = open_page("evaluation", panel="Decisions")

    assert not app.exception
    named = [line["name"] for line in chart(app)["data"] if line.get("legendrank") == 3_000]
    assert named == ["Majority class · 66.7 % wrong, above", "TF-IDF + linear SVM · 0.0 % wrong"]
    assert any("Grey: baselines by the plain rule" in text for text in shown(app.caption))
