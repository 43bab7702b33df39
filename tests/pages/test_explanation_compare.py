"""Tests of the Compare view: two texts, two runs, and before and after training."""

import json
import shutil

import pytest

from pages._app import explanation_heads_cache, explanation_moved, job_view
from tests.pages.conftest import HOSTILE_TEXT, chart, labels, make_run, press, save_model, shown
from textcls_core.explanation.head_job import MOVED_ENTRY, ensure_moved
from textcls_core.explanation.head_report import MovedReport
from textcls_core.files import write_json

LINK = {"panel": "Compare", "method": "gradient_x_input"}
BEFORE = {**LINK, "sides": "Before and after training"}


@pytest.fixture
def second_run(workspace, runnable_run, toy_dataset, tiny_models):
    """Another finished run with a model, of another architecture."""
    run = make_run(workspace, "toy", toy_dataset, {}, name="Second")
    save_model(run.model_dir, toy_dataset, tiny_models["distilbert"])
    return run


@pytest.fixture
def tuned_run(workspace, toy_dataset, toy_model_dir, tiny_model_dir, monkeypatch):
    """A finished run that began from the tiny model."""
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))
    run = make_run(workspace, "toy", toy_dataset, {}, model=str(tiny_model_dir))
    shutil.copytree(toy_model_dir, run.model_dir)
    return run


def drawn(app):
    """Return what the components draw: scores and weights of the left, then of the right side."""
    return [json.loads(each.proto.json) for each in app.get("bidi_component")]


def test_compare_shows_two_texts_side_by_side(open_page, runnable_run):
    app = open_page("explanation", **LINK)
    app.text_area[0].set_value("the old cat")
    app.text_area[1].set_value("a small storm").run()

    assert not app.exception
    left, left_weights, right, right_weights = drawn(app)
    assert left["words"] == left_weights["words"] == ["[CLS]", "the", "old", "cat", "[SEP]"]
    assert right["words"] == right_weights["words"] == ["[CLS]", "a", "small", "storm", "[SEP]"]
    assert sum(chart(app, 0)["data"][0]["x"]) == pytest.approx(1)
    table = app.dataframe[0].value
    assert sorted(table["word"]) == ["a", "cat", "old", "small", "storm", "the"]
    changes = table["second minus first"].abs().tolist()
    assert changes == sorted(changes, reverse=True)


def test_compare_colours_of_both_texts_have_one_scale(open_page, runnable_run):
    app = open_page("explanation", **LINK)
    app.text_area[0].set_value("the old cat")
    app.text_area[1].set_value("a small storm").run()

    left, _, right, _ = drawn(app)
    pairs = [
        (abs(float(title)), float(color.rstrip(")").split(",")[-1]))
        for side in (left, right)
        for title, color, special in zip(
            side["titles"], side["colors"], side["special"], strict=True
        )
        if not special
    ]
    strength = [color for _, color in sorted(pairs)]
    assert strength == sorted(strength)


@pytest.mark.parametrize("text", ["", "  \n"])
def test_compare_with_nothing_asks_for_two_texts(open_page, runnable_run, text):
    app = open_page("explanation", **LINK)
    app.text_area[1].set_value(text).run()

    assert not app.exception
    assert "Type or paste two texts to compare." in [element.value for element in app.text]


def test_compare_keeps_the_second_text_while_another_view_is_open(open_page, runnable_run):
    app = open_page("explanation", **LINK)
    app.text_area[1].set_value("a small storm").run()
    app.query_params["panel"] = "Trust"
    app.run()
    app.query_params["panel"] = "Compare"
    app.run()

    assert app.text_area[1].value == "a small storm"


def test_compare_shows_two_runs_on_one_text(open_page, runnable_run, second_run):
    link = {**LINK, "run": runnable_run.run_id, "sides": "Two runs"}
    app = open_page("explanation", **link, sides_run=second_run.run_id)

    assert not app.exception
    left, _, right, _ = drawn(app)
    assert left["words"] == right["words"]
    assert left["titles"] != right["titles"]
    assert any(text.startswith("**Other run: Second") for text in shown(app.markdown))


def test_compare_explains_the_answer_of_the_first_on_both_sides(
    open_page, runnable_run, second_run
):
    link = {**LINK, "run": runnable_run.run_id, "sides": "Two runs", "sides_run": second_run.run_id}
    app = open_page("explanation", **link)

    assert not app.exception
    explained = [text for text in shown(app.caption) if text.startswith("What speaks for")]
    assert len(explained) == 2
    assert explained[0] == explained[1]
    assert any("Both explain" in text for text in shown(app.caption))


def test_compare_of_runs_with_other_classes_says_which_is_unknown(
    open_page, runnable_run, hostile_run, hostile_dataset, tiny_model_dir
):
    save_model(hostile_run.model_dir, hostile_dataset, tiny_model_dir)
    link = {**LINK, "run": runnable_run.run_id, "sides": "Two runs"}
    link["sides_run"] = hostile_run.run_id

    app = open_page("explanation", **link)

    assert not app.exception
    assert any("a class that the other run does not know" in text for text in shown(app.warning))
    assert not drawn(app)


def test_compare_can_explain_the_answer_of_each(open_page, runnable_run):
    app = open_page("explanation", **LINK, sides_label="*each")

    assert not app.exception
    assert len(drawn(app)) == 4


def test_compare_without_another_run_says_so(open_page, runnable_run):
    app = open_page("explanation", **LINK, sides="Two runs")

    assert not app.exception
    assert any("no other finished run" in element.value for element in app.text)


def test_compare_of_a_text_with_itself_shows_it_twice(open_page, runnable_run):
    app = open_page("explanation", **LINK)
    app.text_area[1].set_value(app.text_area[0].value).run()

    assert not app.exception
    assert drawn(app)[0]["words"] == drawn(app)[2]["words"]


def test_compare_shows_hostile_text_as_it_is(
    open_page, hostile_run, hostile_dataset, tiny_model_dir
):
    save_model(hostile_run.model_dir, hostile_dataset, tiny_model_dir)
    app = open_page("explanation", **LINK)
    app.text_area[1].set_value(HOSTILE_TEXT).run()

    assert not app.exception
    assert "<" in drawn(app)[2]["words"]


def test_moved_offers_to_compare_with_the_base_model(open_page, tuned_run, monkeypatch):
    started = []
    monkeypatch.setattr(job_view, "start_job", lambda *given, **_: started.append(given[1:]))
    app = open_page("explanation", **BEFORE)
    assert not app.exception
    assert not app.text_area
    assert "Compare on 33 texts" in labels(app)

    press(app, "heads.moved")

    assert started == [(MOVED_ENTRY, explanation_heads_cache.moved_of(tuned_run, "test", 50))]


def test_moved_shows_how_far_every_head_moved(open_page, workspace, tuned_run):
    found = ensure_moved(workspace, explanation_heads_cache.moved_of(tuned_run, "test", 50))

    app = open_page("explanation", **BEFORE)

    assert not app.exception
    assert shown(app.subheader)[0] == found.verdict
    assert len(chart(app)["data"][0]["text"]) == 4
    assert app.dataframe[0].value["moved"].tolist() == pytest.approx([0] * 4, abs=1e-4)
    assert isinstance(found, MovedReport)


def test_moved_shows_a_chosen_row_before_and_after(open_page, workspace, tuned_run, monkeypatch):
    found = ensure_moved(workspace, explanation_heads_cache.moved_of(tuned_run, "test", 50))
    row = found.example_rows(0, 0)[0]
    monkeypatch.setattr(explanation_moved, "choose_row", lambda *_: row)

    app = open_page("explanation", **BEFORE)

    assert not app.exception
    assert f"Layer 1, head 1 on row {row}" in shown(app.subheader)
    before, after = drawn(app)
    assert before["words"] == after["words"]
    assert before["marked"] == after["marked"] == [0]  # the model classifies its first token

    press(app, "moved.open")
    assert (app.query_params["row"], app.query_params["layer"]) == (row, "0")


def test_moved_says_that_the_base_model_is_gone(open_page, workspace, tuned_run):
    arguments = explanation_heads_cache.moved_of(tuned_run, "test", 50)
    job_id = job_view.job_id_of(MOVED_ENTRY, arguments)
    folder = workspace.jobs_dir / job_id
    folder.mkdir(parents=True)
    plan = {"entry": MOVED_ENTRY, "arguments": arguments, "started_at": 0.0}
    write_json(folder / "job.json", plan)
    write_json(folder / "progress.json", {"done": 0, "total": 0, "message": ""})
    failed = {"state": "failed", "error": "tiny is not a model folder.", "seconds": 1.0}
    write_json(folder / "outcome.json", failed)

    app = open_page("explanation", **BEFORE)

    assert shown(app.error) == ["tiny is not a model folder."]
    assert "Compare on 33 texts" in labels(app)


def test_compare_looks_with_the_head_in_the_link(open_page, runnable_run):
    mean = drawn(open_page("explanation", **LINK))

    one = drawn(open_page("explanation", **LINK, sides_layer="1", sides_head="0"))

    assert one[0] == mean[0]
    assert one[1]["titles"] != mean[1]["titles"]


def test_compare_and_flow_of_a_run_with_label_sets(
    open_page, topics_run, topics_dataset, tiny_model_dir
):
    save_model(topics_run.model_dir, topics_dataset, tiny_model_dir)

    assert not open_page("explanation", **LINK).exception
    flow = open_page("explanation", look="Flow", flow_label="food")
    assert not flow.exception
    assert "Gradient-weighted rollout for food" in shown(flow.subheader)
