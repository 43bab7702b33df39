"""Tests of the words on the Data page."""

import pytest

from tests.dataset.test_word_counts import make
from tests.pages.conftest import as_shown, chart, markdown_of, set_parameters, shown
from textcls_core.dataset.store import DatasetStore

ARABIC = "قال رئيس الحكومة في مؤتمر صحفي"


@pytest.fixture
def store(workspace):
    """Store rows under a name."""

    def save(name, texts, label_sets, **arguments):
        dataset = make(texts, label_sets, **arguments)
        return DatasetStore.open(workspace).save(dataset, name, "made for this test")

    return save


def words_of(app):
    """Return the words of each class in the table."""
    table = next(table.value for table in app.dataframe if "words" in table.value)
    return dict(zip(table["class"], table["words"], strict=True))


def titles(app):
    return [
        chart(app, n)["layout"].get("title", {}).get("text", "")
        for n in range(len(app.get("plotly_chart")))
    ]


def test_words_of_every_class_are_listed(open_page):
    app = open_page("dataset", view="Words", dataset="toy")

    assert not app.exception
    found = words_of(app)
    assert list(found) == ["animals", "food", "weather"]
    assert {"cat", "dog"} & set(found["animals"].split(", "))
    assert {"rain", "snow"} & set(found["weather"].split(", "))
    assert "Counted in all 162 rows." in " ".join(shown(app.caption))


def test_class_in_the_link_is_shown(open_page):
    app = open_page("dataset", view="Words", dataset="toy", words_class="weather")

    assert any("of weather have" in title for title in titles(app))


def test_unknown_class_in_the_link_is_ignored_with_a_note(open_page):
    app = open_page("dataset", view="Words", dataset="toy", words_class="![a](b)")

    assert not app.exception
    assert shown(app.toast)
    assert any("of animals have" in title for title in titles(app))


def test_other_class_keeps_its_link(open_page):
    app = set_parameters(open_page("dataset", view="Words", dataset="toy"), words_class="food")

    assert app.query_params["words_class"] == "food"


def test_sample_is_said(open_page, monkeypatch):
    monkeypatch.setattr("pages._app.dataset_words.MAX_ROWS", 50)

    app = open_page("dataset", view="Words", dataset="toy")

    assert "Counted in a random sample of 50 of 162 rows." in " ".join(shown(app.caption))


def test_hostile_names_and_words_stay_text(open_page, hostile_run):
    app = open_page("dataset", view="Words", dataset=hostile_run.config.dataset)

    assert not app.exception
    assert not any("](" in text for text in markdown_of(app) if as_shown(text) == text)


def test_class_without_words_says_why(open_page, store):
    store(
        "same",
        ["the same words"] * 30,
        [[n % 2] for n in range(30)],
        num_labels=2,
        task="single_label",
    )

    app = open_page("dataset", view="Words", dataset="same")

    assert words_of(app) == {"class 00": "none", "class 01": "none"}
    assert any("No word sets class 00 apart" in text for text in shown(app.caption))


def test_several_labels_per_row_and_right_to_left_text(open_page, store):
    texts = [f"{ARABIC} {n}" for n in range(40)] + [f"other words {n}" for n in range(40)]
    store("mixed", texts, [[0]] * 40 + [[1, 2]] * 40)

    app = open_page("dataset", view="Words", dataset="mixed")

    found = words_of(app)
    assert found["class 00"].startswith("\u061c")
    assert found["class 01"] == found["class 02"] == "other, words"
    assert "The words of class 01 and class 02 are the most alike: 1.00" in titles(app)
