"""Tests of the Calibration view: what it says, and the temperature it keeps."""

import pytest

from tests.calibration import make_too_sure
from tests.pages.conftest import (
    HOSTILE_CLASSES,
    HOSTILE_TEXT,
    chart,
    labels,
    metrics,
    press,
    save_model,
    shown,
)
from textcls_core.charts.evaluation.calibration import TEMPERED
from textcls_core.evaluation.by_task import with_temperature
from textcls_core.evaluation.calibration import expected_calibration_error
from textcls_core.evaluation.decision import Decision, read_decision, write_decision
from textcls_core.evaluation.rule import DecisionRule
from textcls_core.runs.temperature import fitted_temperature
from textcls_core.wording import percent


@pytest.fixture
def run(toy_run):
    """`toy_run`, but it says 92 % and is right in two of three rows."""
    return make_too_sure(toy_run)


def view(open_page, **parameters):
    return open_page("evaluation", panel="Calibration", **parameters)


def titles(app):
    charts = range(len(app.get("plotly_chart")))
    return [chart(app, number)["layout"]["title"]["text"] for number in charts]


def error_of(run, temperature, split="test"):
    changed = with_temperature(run.raw_predictions(split), temperature)
    return percent(expected_calibration_error(changed))


def test_calibration_says_in_a_sentence_how_far_to_believe_the_model(open_page, run):
    app = view(open_page)

    sentence = shown(app.markdown)[0]
    assert not app.exception
    assert sentence.startswith("On the 33 test rows the model says 92.0 % on average and is right ")
    assert "over-confident by " in sentence


def test_calibration_shows_the_model_as_trained_beside_the_fit(open_page, run):
    app = view(open_page)

    fit = fitted_temperature(run).temperature
    assert metrics(app)["Calibration error"] == error_of(run, 1)
    assert app.metric[0].delta == f"at T = {fit:.2f}: {error_of(run, fit)}"
    assert titles(app) == [
        f"As trained: calibration error {error_of(run, 1)}",
        f"Temperature {fit:.2f}: calibration error {error_of(run, fit)}",
    ]


def test_calibration_keeps_the_temperature_on_demand(open_page, run):
    fit = fitted_temperature(run).temperature

    app = press(view(open_page), "calibration.use")

    assert not app.exception
    assert read_decision(run.model_dir) == Decision(temperature=fit)
    assert shown(app.toast) == [f"Temperature {fit:.2f} is in use."]
    assert metrics(app)["Calibration error"] == error_of(run, fit)
    assert app.metric[0].delta == f"as trained: {error_of(run, 1)}"
    assert "Use this temperature" not in labels(app)


def test_calibration_goes_back_to_the_model_as_trained(open_page, run):
    app = press(press(view(open_page), "calibration.use"), "calibration.reset")

    assert read_decision(run.model_dir) == Decision()
    assert shown(app.toast) == ["The model is as trained again."]
    assert "Use this temperature" in labels(app)


def test_overview_uses_the_temperature_that_was_kept(open_page, run):
    app = view(open_page)
    before = metrics(open_page("evaluation"))["Log loss"]
    press(app, "calibration.use")

    after = metrics(open_page("evaluation"))["Log loss"]

    assert float(after) < float(before)


def test_calibration_offers_the_fitted_temperature_instead_of_another(open_page, run):
    write_decision(run.model_dir, Decision(temperature=5.0))

    app = view(open_page)

    fit = fitted_temperature(run).temperature
    heading = f"**Temperature 5.00 is in use**; the validation rows ask for {fit:.2f}"
    assert heading in shown(app.markdown)
    assert f"Use {fit:.2f} instead" in labels(app)
    assert titles(app)[1].startswith("Temperature 5.00: ")


def test_calibration_says_that_a_rule_would_be_dropped(open_page, run):
    write_decision(run.model_dir, Decision(rule=DecisionRule(abstain_below=0.8)))

    app = view(open_page)
    warned = [text for text in shown(app.caption) if "Another temperature drops it" in text]
    app = press(app, "calibration.use")

    assert len(warned) == 1
    assert read_decision(run.model_dir).rule == DecisionRule()
    assert not any("Another temperature drops it" in text for text in shown(app.caption))


def test_calibration_says_why_nothing_can_be_saved(open_page, run):
    app = view(open_page)
    run.model_dir.rmdir()

    app = press(app, "calibration.use")

    assert not app.exception
    assert shown(app.toast)[0].startswith("Expected the folder of a model, but it is gone.")


def test_calibration_of_rows_that_are_all_right_leaves_the_model_alone(open_page, toy_run):
    app = view(open_page)

    assert "**The model stays as trained**" in shown(app.markdown)
    assert "Use this temperature" not in labels(app)
    assert len(titles(app)) == 1
    assert TEMPERED not in app.dataframe[-1].value


def test_calibration_without_validation_rows_says_so(open_page, run):
    run.predictions_file("validation").unlink()

    app = view(open_page)

    assert not app.exception
    assert "**No temperature can be fitted**" in shown(app.markdown)
    assert any("this run has none" in text for text in shown(app.markdown))
    assert "Use this temperature" not in labels(app)


@pytest.mark.parametrize(
    ("split", "note"), [("train", "the rows the model learned from"), ("validation", "flatters")]
)
def test_calibration_of_other_rows_says_what_they_cannot_tell(open_page, run, split, note):
    app = view(open_page, split=split)

    assert any(note in text for text in shown(app.caption))


def test_calibration_class_in_the_link_is_shown(open_page, run):
    whole, one = (chart(view(open_page, calibration_class=name)) for name in ("", "food"))

    counts = [sum(figure["data"][3]["y"]) for figure in (whole, one)]
    assert counts == [33, 33]
    assert whole["data"][2]["x"] != one["data"][2]["x"]


def test_calibration_bins_in_the_link_are_shown(open_page, run):
    app = view(open_page, calibration_bins="Equal mass", calibration_class="food")

    assert not app.exception
    assert app.segmented_control(key="choose.calibration_bins").value == "Equal mass"


@pytest.mark.parametrize("name", ["calibration_class", "calibration_bins"])
def test_calibration_unknown_choice_in_the_link_is_ignored_with_a_note(open_page, run, name):
    app = view(open_page, **{name: HOSTILE_TEXT})

    assert not app.exception
    assert len(app.toast) == 1
    assert name not in app.query_params


def test_calibration_table_has_every_class(open_page, run):
    temperature = fitted_temperature(run).temperature
    table = view(open_page).dataframe[-1].value

    tempered = with_temperature(run.raw_predictions("test"), temperature)
    assert sorted(table["class"]) == ["animals", "food", "weather"]
    assert table["says"].tolist() == pytest.approx([100 * tempered.confidence[0]] * 3)
    assert table["given"].sum() == 33
    assert all("confident by" in text or text == "no clear gap" for text in table["verdict"])


def test_calibration_has_the_numbers_of_its_charts_as_tables(open_page, run):
    app = view(open_page)

    tables = [frame.value for frame in app.dataframe if "happens" in frame.value]
    assert len(tables) == 2
    assert tables[0]["says"].tolist() == ["92.0 %"]


def test_calibration_of_several_labels(open_page, topics_run):
    topics_run.model_dir.mkdir()

    app = view(open_page)

    assert not app.exception
    assert not app.error
    sentence = shown(app.markdown)[0]
    assert sentence.startswith("In the test rows the model gives ")
    assert "of them are there: " in sentence
    assert sum(chart(app)["data"][3]["y"]) == 33 * 3


def test_calibration_of_one_of_several_labels(open_page, topics_run):
    app = view(open_page, calibration_class="weather")

    assert sum(chart(app)["data"][3]["y"]) == 33


def test_calibration_shows_hostile_classes_as_they_are(open_page, hostile_run):
    app = view(open_page, calibration_class=HOSTILE_CLASSES[1])

    assert not app.exception
    assert not app.error
    assert set(app.dataframe[-1].value["class"]) == set(HOSTILE_CLASSES)


def test_prediction_page_uses_the_temperature_that_was_kept(
    open_page, run, toy_dataset, tiny_model_dir
):
    save_model(run.model_dir, toy_dataset, tiny_model_dir)
    before = predicted(open_page("prediction"))
    write_decision(run.model_dir, Decision(temperature=4.0))

    app = open_page("prediction")
    after = predicted(app)

    assert max(after) < max(before)
    assert sum(after) == pytest.approx(1)
    assert "It does not know the temperature 4 kept with" in " ".join(shown(app.text))


def predicted(app):
    """Return the probabilities of the classes of one text."""
    app.text_area[0].set_value("the old cat")
    app.button[0].click().run()
    return list(chart(app)["data"][0]["x"])


def test_attention_page_uses_the_temperature_that_was_kept(
    open_page, run, toy_dataset, tiny_model_dir
):
    save_model(run.model_dir, toy_dataset, tiny_model_dir)
    before = max(chart(open_page("explanation"))["data"][0]["x"])
    write_decision(run.model_dir, Decision(temperature=4.0))

    after = max(chart(open_page("explanation"))["data"][0]["x"])

    assert after < before


def test_calibration_stands_beside_that_of_baselines(open_page, toy_run, measured_baselines):
    app = open_page("evaluation", panel="Calibration")

    assert not app.exception
    named = [line["name"] for line in chart(app)["data"] if line.get("legendrank") == 3_000]
    assert named == ["Majority class · error 0.0 %"]
    said = next(text for text in shown(app.caption) if text.startswith("Grey: baselines"))
    assert 'Without probabilities, so not drawn: "TF-IDF + linear SVM".' in said
