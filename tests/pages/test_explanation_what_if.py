"""Tests of the What if view: a text beside its variant, the search for a flip, and kept tests."""

import json

import pytest
from streamlit.runtime.scriptrunner import StopException

from pages._app.explanation_what_if_cache import flip
from pages._app.explanation_what_if_edit import link_value
from tests.explanation.conftest import balance
from tests.pages.conftest import (
    HOSTILE_CLASSES,
    HOSTILE_TEXT,
    as_shown,
    chart,
    labels,
    links,
    make_run,
    markdown_of,
    press,
    save_model,
    select_row,
    shown,
)
from textcls_core.explanation.attributions import load_attributable
from textcls_core.mistakes.behaviour.kinds import BehaviourTest
from textcls_core.mistakes.behaviour.store import BehaviourTests
from textcls_core.models.classifier import Classifier, Design
from textcls_core.prediction.predict import predict_texts

EXAMPLE, VARIANT = "the old dog", "the old cat"
METHOD = {"method": "gradient_x_input"}


def open_view(open_page, **parameters):
    return open_page("explanation", panel="What if", **METHOD, **parameters)


@pytest.fixture
def edited(open_page, runnable_run):
    """The view with a variant from the URL."""
    return open_view(open_page, what_if=link_value(EXAMPLE, VARIANT))


@pytest.fixture
def tests(workspace):
    return BehaviourTests.open(workspace, "toy")


def texts(app):
    """Return what the component draws of the text as it is and of its variant."""
    return [json.loads(element.proto.json) for element in app.get("bidi_component")]


def changed(drawn):
    pairs = zip(drawn["words"], drawn["changed"], strict=True)
    return [word for word, is_changed in pairs if is_changed]


def edit(app, text):
    return app.text_area(key="what_if.text").set_value(text).run()


def set_kind(app, kind):
    return app.selectbox(key="behaviour.kind").set_value(kind).run()


def test_the_view_opens_with_the_same_text_twice(open_page, runnable_run):
    app = open_view(open_page)

    original, variant = texts(app)
    assert not app.exception
    assert original["words"] == variant["words"]
    assert not any(original["changed"] + variant["changed"])
    assert (original["clickable"], variant["clickable"]) == (False, True)
    assert "Change the variant" in shown(app.subheader)[0]
    assert app.button(key="what_if.undo").disabled


def test_what_changed_is_marked_in_both_texts(edited):
    original, variant = texts(edited)

    assert changed(original) == ["dog"]
    assert changed(variant) == ["cat"]
    assert not edited.button(key="what_if.undo").disabled


def test_probabilities_of_both_are_those_of_the_deployed_model(edited, runnable_run):
    classifier = Classifier.load(runnable_run.model_dir)
    old, new = (one.probabilities for one in predict_texts(classifier, [EXAMPLE, VARIANT]))

    first, second = chart(edited)["data"]
    names = list(chart(edited)["layout"]["yaxis"]["ticktext"])
    assert first["x"] == pytest.approx([old[name] for name in names], abs=1e-5)
    assert second["x"] == pytest.approx([new[name] for name in names], abs=1e-5)


def test_both_texts_are_explained_for_the_same_class_on_the_same_scale(open_page, runnable_run):
    app = open_view(open_page, what_if=link_value(EXAMPLE, VARIANT), what_if_label="food")

    assert any("Orange words raise the score of food" in text for text in shown(app.caption))
    strongest = [
        max(float(color.removesuffix(")").split(",")[-1]) for color in drawn["colors"])
        for drawn in texts(app)
    ]
    assert max(strongest) == pytest.approx(0.04 + 0.96 * 0.62, abs=1e-3)


def test_edits_are_steps_that_are_undone(edited):
    app = edit(edited, "The minister said.")
    assert texts(app)[1]["words"][1:-1] == ["The", "minister", "said", "."]

    app = press(app, "what_if.undo")

    assert changed(texts(app)[1]) == ["cat"]
    app = press(app, "what_if.restart")
    assert not any(texts(app)[1]["changed"])
    assert "what_if" not in app.query_params
    app = press(app, "what_if.undo")
    assert changed(texts(app)[1]) == ["cat"]


def test_an_empty_variant_is_not_taken(edited):
    app = edit(edited, "  ")

    assert not app.exception
    assert changed(texts(app)[1]) == ["cat"]


def test_a_short_variant_is_in_the_address_and_a_long_one_is_not(edited):
    app = edit(edited, "A short one.")
    assert app.query_params["what_if"] == link_value(EXAMPLE, "A short one.")

    app = edit(app, "cat " * 200)

    assert not app.exception
    assert "what_if" not in app.query_params


def test_a_variant_of_another_text_is_left_aside(open_page, runnable_run):
    app = open_view(open_page, what_if=link_value("another text", VARIANT))

    assert not any(texts(app)[1]["changed"])
    assert "what_if" not in app.query_params


def test_another_text_begins_anew(edited):
    app = edited.text_area[0].set_value("a small cat").run()

    assert [drawn["words"][1:-1] for drawn in texts(app)] == [["a", "small", "cat"]] * 2


def test_a_picked_word_can_be_swapped(edited):
    edited.session_state["what_if.picked"] = 3
    app = edited.run()
    assert texts(app)[1]["picked"] == 3
    assert as_shown(app.text_input(key="what_if.swap").label) == "Swap cat for"

    app = app.text_input(key="what_if.swap").set_value("horse").run()

    assert texts(app)[1]["words"][3] == "horse"
    assert texts(app)[1]["picked"] is None


def test_suggestions_are_near_words_and_words_of_the_classes(edited):
    edited.session_state["what_if.picked"] = 1
    app = edited.run()

    groups = {pills.label: list(pills.options) for pills in app.pills}
    assert len(groups["Near it in the model"]) == 8
    assert "cat" in groups["Typical of animals"]
    app.query_params["what_if_words"] = "food"
    app.run()
    word = "soup"
    app = (
        next(pills for pills in app.pills if pills.label == "Typical of food").set_value(word).run()
    )
    assert texts(app)[1]["words"][1] == word


def test_the_search_says_what_it_found_and_what_it_proves(open_page, runnable_run):
    app = open_view(open_page, flip_by="drop")
    app = press(app, "what_if.search")

    assert not app.exception
    said = " ".join(shown(app.caption))
    assert "within" in said
    assert "evaluations of the model" in said or "evaluation of the model" in said
    headline = [
        text for text in shown(app.markdown) if "the answer from" in text or "No edit" in text
    ]
    assert len(headline) == 1


def test_a_search_is_not_repeated_until_it_asks_something_else(
    open_page, runnable_run, monkeypatch
):
    told = []

    def counted(*asked):
        *_, progress = asked
        progress(32, 600, "Asking the model about edited texts")
        told.append(asked)
        return flip(*asked)

    monkeypatch.setattr("pages._app.explanation_what_if_flip.flip", counted)
    app = press(open_view(open_page, flip_by="drop"), "what_if.search")
    app.run()
    assert len(told) == 1
    assert "Cancel" not in labels(app)

    press(app, "what_if.search")
    assert len(told) == 1
    app.selectbox(key="choose.flip_by").set_value("swap").run()
    assert len(told) == 1
    press(app, "what_if.search")
    assert len(told) == 2


def test_a_search_that_is_interrupted_waits_to_be_asked_again(open_page, runnable_run, monkeypatch):
    def interrupted(*_):
        raise StopException

    monkeypatch.setattr("pages._app.explanation_what_if_flip.flip", interrupted)
    app = press(open_view(open_page, flip_by="drop"), "what_if.search")
    monkeypatch.setattr("pages._app.explanation_what_if_flip.flip", flip)

    app.run()

    assert not app.exception
    assert any("Edits of the text as it is are tried" in text for text in shown(app.caption))


def test_a_flip_becomes_the_variant(open_page, runnable_run):
    classifier = load_attributable(runnable_run.model_dir)
    balance(classifier, "the old was here")
    classifier.save(runnable_run.model_dir)
    app = open_view(open_page, flip_by="both", flip_words="dataset")
    app.text_area[0].set_value("here was the old cat").run()  # no edit ends at the tie
    app = press(app, "what_if.search")
    assert "Use it as the variant" in labels(app)

    app = press(app, "what_if.use")

    assert not app.exception
    assert shown(app.subheader)[0].startswith("The answer changes from")


def test_the_answer_itself_is_not_searched_for(open_page, runnable_run):
    app = open_view(open_page)
    name = shown(app.subheader)[0].split('"')[1]
    app = open_view(open_page, flip_to=name)

    app = press(app, "what_if.search")

    assert not app.exception
    assert shown(app.warning)[0].startswith(f'Expected another class than the answer, got "{name}"')


def test_the_variant_is_kept_as_a_test(edited, tests):
    app = set_kind(edited, "more")
    app.selectbox(key="behaviour.label").set_value("food").run()
    app.number_input(key="behaviour.by").set_value(5).run()
    app.text_input(key="behaviour.note").set_value("why").run()

    app = press(app, "behaviour.keep")

    assert tests.all() == [BehaviourTest("more", VARIANT, EXAMPLE, "food", 0.05, "why")]
    assert app.dataframe[-1].value["expected"].tolist() == [
        "more food than the original, by 5.0 % at least"
    ]


def test_without_a_change_only_the_label_can_be_expected(open_page, runnable_run, tests):
    app = open_view(open_page)
    assert app.selectbox(key="behaviour.kind").options == ["the answer must be"]

    answer = shown(app.subheader)[0].split('"')[1]

    press(app, "behaviour.keep")

    assert tests.all() == [BehaviourTest("label", EXAMPLE, label=answer)]


def test_tests_are_run_on_this_run_and_beside_another(
    open_page, runnable_run, workspace, toy_dataset, tiny_model_dir, tests
):
    other = make_run(workspace, "toy", toy_dataset, {}, name="Other")
    save_model(other.model_dir, toy_dataset, tiny_model_dir)
    kept = [BehaviourTest("same", "a cat", "a  cat"), BehaviourTest("label", "b", label="food"),
            BehaviourTest("label", "b", label="animals")]  # fmt: skip
    tests.add(kept)
    app = open_view(open_page, run=runnable_run.run_id)
    assert "result" not in app.dataframe[-1].value

    app = press(app, "behaviour.run_now")

    results = app.dataframe[-1].value["result"].tolist()
    assert results[0] == "✓ passes"
    assert "✕ fails" in results
    assert any("of 3 behavioural tests fail" in text for text in shown(app.markdown))
    app.query_params["behaviour_beside"] = other.run_id
    app.run()
    assert app.dataframe[-1].value["beside"].tolist() == results  # the same weights
    assert any(words.startswith("The same text and variant under Other · ") for words in links(app))


def test_another_run_of_the_same_name_says_when_it_was_made(
    open_page, runnable_run, workspace, toy_dataset, tiny_model_dir
):
    name = runnable_run.config.title
    other = make_run(workspace, "toy", toy_dataset, {}, name=name)
    save_model(other.model_dir, toy_dataset, tiny_model_dir)

    app = open_view(open_page, run=runnable_run.run_id)

    [led] = [words for words in links(app) if words.startswith("The same text and variant")]
    assert f"{other.created_at:%Y-%m-%d %H:%M:%S} UTC" in led


def test_a_removed_test_comes_back(open_page, runnable_run, tests):
    kept = [BehaviourTest("label", "a", label="food"), BehaviourTest("label", "b", label="food")]
    tests.add(kept)
    app = open_view(open_page)
    app = select_row(app, f"behaviour.table.{tests.stamp}", 1)

    app = press(app, "behaviour.remove")
    assert tests.all() == kept[:1]
    press(app, "behaviour.undo")

    assert tests.all() == kept


def test_hostile_names_and_texts_are_shown_as_they_are(
    open_page, hostile_run, hostile_dataset, tiny_model_dir, workspace
):
    save_model(hostile_run.model_dir, hostile_dataset, tiny_model_dir)
    BehaviourTests.open(workspace, HOSTILE_CLASSES[0]).add(
        [BehaviourTest("label", HOSTILE_TEXT, label=HOSTILE_CLASSES[1], note=HOSTILE_TEXT)]
    )
    app = open_view(open_page)
    app.text_area[0].set_value(HOSTILE_TEXT).run()
    app = edit(app, f"{HOSTILE_TEXT} {HOSTILE_TEXT}")
    app.session_state["what_if.picked"] = 2
    press(app.run(), "what_if.search")
    app = press(app, "behaviour.run_now")

    assert not app.exception
    assert not [text for text in markdown_of(app) if "![h](http" in text or "![a](http" in text]
    assert not [text for text in markdown_of(app) if ":red[" in text]


def test_several_labels_per_text_are_compared_one_by_one(
    open_page, topics_run, topics_dataset, tiny_model_dir, workspace
):
    design = Design(task="multi_label")
    names = topics_dataset.label_names
    classifier = Classifier.from_pretrained(tiny_model_dir, names, max_length=64, design=design)
    balance(classifier, "cat and soup")
    classifier.save(topics_run.model_dir)
    app = open_view(open_page, run=topics_run.run_id, flip_to="food", flip_by="drop")
    app.text_area[0].set_value("the old cat and soup was here").run()
    before = texts(app)[0]["words"]

    app = press(app, "what_if.search")
    app = press(app, "what_if.use")

    assert not app.exception
    assert shown(app.subheader)[0].startswith("The answer changes from")
    assert len(texts(app)[1]["words"]) < len(before)
    assert list(chart(app)["layout"]["yaxis"]["ticktext"])
    press(set_kind(app, "same"), "behaviour.keep")
    assert [test.kind for test in BehaviourTests.open(workspace, "topics").all()] == ["same"]
