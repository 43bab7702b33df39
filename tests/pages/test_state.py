"""Tests of what pages remember, and of the choices they keep in the URL."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from pages._app import state
from pages._app.state import distinct_labels
from tests.pages.conftest import shown
from textcls_core.errors import ModelError
from textcls_core.files import write_json
from textcls_core.runs.run import Run

pytestmark = pytest.mark.usefixtures("navigated", "quick")


def choice_app():
    """A page with one choice, for AppTest; its imports must stay inside."""
    import streamlit as st

    from pages._app import state

    labels = {"a": "same", "b": "same", "c": "other"}
    st.text(state.choose("letter", "Letter", labels, default="a"))


def pinned_app():
    """A page whose choice is always in the URL."""
    import streamlit as st

    from pages._app import state

    st.text(state.choose("letter", "Letter", ["a", "b"], default="a", pin=True))


def many_app():
    """A page with a choice of several, two of which look the same."""
    import streamlit as st

    from pages._app import state

    labels = {"a": "same", "b": "same", "c": "other"}
    st.text(" ".join(state.choose_many("letters", "Letters", labels, noun="letter")))


def search_app():
    """A page with a search field."""
    import streamlit as st

    from pages._app import state

    st.text(state.search("words", "Words"))


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["a", "b"], ["a", "b"]),
        (["a", "a", "a"], ["a", "a (2)", "a (3)"]),
        (["a", "a (2)", "a"], ["a", "a (2)", "a (3)"]),
        (["a", "a", "a (2)"], ["a", "a (2)", "a (2) (2)"]),
        ([], []),
    ],
)
def test_labels_are_numbered_where_they_repeat(labels, expected):
    distinct = distinct_labels(dict(enumerate(labels)))

    assert list(distinct.values()) == expected


@given(st.lists(st.sampled_from(["a", "a (2)", "a (3)", "a (2) (2)", "b"])))
def test_labels_all_differ_and_keep_their_values(labels):
    distinct = distinct_labels(dict(enumerate(labels)))

    assert len(set(distinct.values())) == len(labels)
    assert list(distinct) == list(range(len(labels)))


def test_choice_starts_with_the_default_and_a_clean_url():
    app = AppTest.from_function(choice_app).run()

    assert app.text[0].value == "a"
    assert "letter" not in app.query_params


@pytest.mark.parametrize(("index", "value"), [(1, "b"), (2, "c")])
def test_choice_among_equal_labels_is_the_one_that_was_chosen(index, value):
    app = AppTest.from_function(choice_app).run()
    app.selectbox[0].select_index(index).run()

    assert app.text[0].value == value
    assert app.query_params["letter"] == value


def test_choice_of_the_default_cleans_the_url():
    app = AppTest.from_function(choice_app)
    app.query_params["letter"] = "b"
    app.run().selectbox[0].select_index(0).run()

    assert app.text[0].value == "a"
    assert "letter" not in app.query_params


def test_choice_in_the_url_is_taken():
    app = AppTest.from_function(choice_app)
    app.query_params["letter"] = "c"

    assert app.run().text[0].value == "c"


def test_choice_named_twice_in_the_url_is_the_last_one():
    app = AppTest.from_function(choice_app)
    app.query_params["letter"] = ["b", "c"]

    assert app.run().text[0].value == "c"


def test_choice_unknown_in_the_url_is_the_default_with_a_note():
    app = AppTest.from_function(choice_app)
    app.query_params["letter"] = "z"
    app.run()

    assert app.text[0].value == "a"
    assert app.toast[0].value == "The link names a letter that does not exist here; it was ignored."
    assert "letter" not in app.query_params


def test_choice_that_left_the_url_is_remembered():
    app = AppTest.from_function(choice_app)
    app.query_params["letter"] = "c"
    app.run()
    del app.query_params["letter"]

    assert app.run().text[0].value == "c"
    assert app.query_params["letter"] == "c"


def test_choice_pinned_is_in_the_url_from_the_start():
    app = AppTest.from_function(pinned_app).run()

    assert app.query_params["letter"] == "a"


def test_choice_of_several_starts_empty_with_a_clean_url():
    app = AppTest.from_function(many_app).run()

    assert app.text[0].value == ""
    assert "letters" not in app.query_params


def test_choice_of_several_goes_into_the_url_in_its_order():
    app = AppTest.from_function(many_app).run()
    app.multiselect[0].set_value(["c", "b"]).run()

    assert app.text[0].value == "c b"
    assert app.query_params["letters"] == "c,b"


def test_choice_of_several_emptied_cleans_the_url():
    app = AppTest.from_function(many_app)
    app.query_params["letters"] = "a,b"
    app.run().multiselect[0].set_value([]).run()

    assert app.text[0].value == ""
    assert "letters" not in app.query_params


@pytest.mark.parametrize(("letters", "expected"), [("z,b", "b"), ("b,b", "b"), ("z", "")])
def test_choice_of_several_leaves_out_what_is_unknown_with_a_note(letters, expected):
    app = AppTest.from_function(many_app)
    app.query_params["letters"] = letters
    app.run()

    assert app.text[0].value == expected
    assert app.toast[0].value == "The link names a letter that does not exist here; it was ignored."


def test_history_is_read_again_when_it_has_grown(tmp_path):
    run = Run(tmp_path)
    before = state.history(run).rows
    run.history_file.write_text('{"step": 1, "train_loss": 0.5}\n')

    assert before == ()
    assert state.history(run).step == 1


def test_model_that_is_missing_is_looked_for_once(monkeypatch):
    asked = []

    def refuse(name):
        asked.append(name)
        raise ModelError("not here")

    monkeypatch.setattr(state, "locate_tokenizer", refuse)
    for _ in range(3):
        with pytest.raises(ModelError, match="not here"):
            state.tokenizer_dir("no/such-model")

    assert asked == ["no/such-model"]


def test_search_goes_into_the_url():
    app = AppTest.from_function(search_app).run()
    app.text_input[0].set_value("two words").run()

    assert app.text[0].value == "two words"
    assert app.query_params["words"] == "two words"


def test_search_emptied_cleans_the_url():
    app = AppTest.from_function(search_app)
    app.query_params["words"] = "x"
    app.run().text_input[0].set_value("").run()

    assert app.text[0].value == ""
    assert "words" not in app.query_params


def test_figures_are_new_when_a_stopped_run_went_on(open_page, toy_run):
    before = state.decision_key(toy_run)
    shown = [metric.value for metric in open_page("evaluation").metric]
    first = toy_run.predictions("test")
    everything_right = replace(first, true_label_ids=first.predicted_label_ids)

    everything_right.save(toy_run.predictions_file("test"))
    later = {"steps": 40, "finished_at": "2026-01-01T08:00:00+00:00"}
    write_json(toy_run.folder / "finished.json", {**toy_run.finished, **later})

    assert state.decision_key(toy_run) != before
    after = [metric.value for metric in open_page("evaluation").metric]
    assert shown[0] != "100.0 %"
    assert after[0] == "100.0 %"


def test_pages_remember_their_own_view(open_page, toy_run):
    app = open_page("evaluation", panel="Compare")
    app.switch_page("pages/mistakes.py").run()

    assert not app.exception
    assert not shown(app.toast)
    assert app.session_state["view.mistakes"] == "Inspect"
    assert app.session_state["view.evaluation"] == "Compare"


def test_first_view_can_be_chosen_again(open_page, toy_run):
    app = open_page("mistakes", panel="Changes")

    app.segmented_control(key="choose.panel").set_value("Inspect").run()

    assert app.session_state["view.mistakes"] == "Inspect"
    assert "panel" not in app.query_params


def test_view_is_open_again_after_a_visit_elsewhere(open_page, toy_run):
    app = open_page("mistakes", panel="Changes")
    for page in ("evaluation", "mistakes"):
        app.query_params.pop("panel", None)
        app.switch_page(f"pages/{page}.py").run()

    assert app.query_params["panel"] == "Changes"
