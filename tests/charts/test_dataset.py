"""Tests of the charts of a data set: rows per class, text lengths."""

import numpy as np
import pytest

from textcls_core.charts.dataset import class_counts_chart, lengths_chart
from textcls_core.charts.theme import class_color

COUNTS = {"train": [60, 20], "validation": [10, 4], "test": [20, 6]}


def classes(num_labels):
    names = [f"class {n:03}" for n in range(num_labels)]
    return class_counts_chart(names, {"train": [7] * num_labels}).to_dict()


def two_classes(names=("ham", "spam"), counts=COUNTS):
    return class_counts_chart(names, counts).to_dict()


def bars_of(figure):
    """Return counts and edges of a histogram as arrays."""
    trace = figure.data[0]
    return np.asarray(trace.y), np.asarray(trace.customdata)


def test_class_counts_chart_has_one_trace_per_split():
    traces = two_classes()["data"]

    assert [(trace["name"], trace["x"]) for trace in traces] == list(COUNTS.items())


def test_class_counts_chart_stacks_the_splits_from_dark_to_light():
    figure = two_classes()

    assert figure["layout"]["barmode"] == "stack"
    assert [trace["marker"]["opacity"] for trace in figure["data"]] == [1.0, 0.6, 0.32]


def test_class_counts_chart_gives_a_class_the_same_colour_in_every_split():
    colors = [trace["marker"]["color"] for trace in two_classes()["data"]]

    assert colors == [[class_color(0), class_color(1)]] * 3


def test_class_counts_chart_starts_with_the_first_class():
    axis = two_classes()["layout"]["yaxis"]

    assert axis["ticktext"] == ["ham", "spam"]
    assert axis["autorange"] == "reversed"


def test_class_counts_chart_title_names_the_imbalance():
    assert two_classes()["layout"]["title"]["text"] == "ham is 3.0 times as frequent as spam"


def test_class_counts_chart_title_leaves_out_names_that_would_be_cut_off():
    names = ("card_payment_fee_charged", "contactless_not_working")

    title = two_classes(names=names)["layout"]["title"]["text"]

    assert title == "The largest class has 3.0 times the rows of the smallest"


def test_class_counts_chart_title_says_when_classes_are_balanced():
    title = two_classes(counts={"train": [10, 8]})["layout"]["title"]["text"]

    assert title == "The classes are of similar size"


def test_class_counts_chart_accepts_a_class_without_rows():
    title = two_classes(counts={"train": [10, 0]})["layout"]["title"]["text"]

    assert title == "ham is 10.0 times as frequent as spam"


def test_class_counts_chart_escapes_markup():
    figure = two_classes(names=("<b>ham</b>", "a & b"))

    assert figure["layout"]["yaxis"]["ticktext"] == ["&lt;b&gt;ham&lt;/b&gt;", "a &amp; b"]
    assert figure["layout"]["title"]["text"].startswith("&lt;b&gt;ham&lt;/b&gt; is 3.0 times")
    assert figure["data"][0]["customdata"][0] == ["&lt;b&gt;ham&lt;/b&gt;", "train"]


def test_class_counts_chart_cuts_long_names_but_not_in_the_hover():
    figure = two_classes(names=("a" * 50, "spam"))

    assert figure["layout"]["yaxis"]["ticktext"][0] == "a" * 27 + "…"
    assert figure["data"][0]["customdata"][0][0] == "a" * 50


@pytest.mark.parametrize(
    ("num_labels", "height", "labels"), [(2, 160, 2), (5, 200, 5), (77, 900, 39), (150, 900, 50)]
)
def test_class_counts_chart_labels_as_many_classes_as_fit(num_labels, height, labels):
    figure = classes(num_labels)

    assert len(figure["data"][0]["x"]) == num_labels
    assert figure["layout"]["height"] == height
    assert len(figure["layout"]["yaxis"]["ticktext"]) == labels


def test_lengths_chart_counts_every_text_once():
    counts, _ = bars_of(lengths_chart(np.arange(1, 1_001), "words"))

    assert counts.sum() == 1_000


def test_lengths_chart_puts_the_longest_texts_into_the_last_bar():
    lengths = np.array([10] * 990 + [100_000] * 10)

    counts, edges = bars_of(lengths_chart(lengths, "words"))

    assert counts[-1] == 10
    assert edges[-1, 1] < 1_200


def test_lengths_chart_title_gives_the_median():
    figure = lengths_chart(np.array([1, 5, 1_234, 2_000, 3_000]), "tokens")

    assert figure.layout.title.text == "Half of the texts have at most 1,234 tokens"


def test_lengths_chart_names_the_unit():
    figure = lengths_chart(np.array([1, 2]), "words")

    assert figure.layout.xaxis.title.text == "Length (words)"
    assert "%{y:,} texts" in figure.data[0].hovertemplate


def test_lengths_chart_draws_the_cut_off():
    figure = lengths_chart(np.array([10, 20, 300]), "tokens", 256)

    assert [(shape.x0, shape.x1) for shape in figure.layout.shapes] == [(256, 256)]
    assert figure.layout.annotations[0].text == "cut at 256"
    assert figure.layout.annotations[0].xanchor == "right"  # it would be cut off at the right


def test_lengths_chart_shows_a_cut_off_beyond_the_longest_text():
    figure = lengths_chart(np.array([10, 20]), "tokens", 512)

    assert figure.layout.xaxis.range[1] > 512


def test_lengths_chart_has_no_line_without_a_cut_off():
    assert not lengths_chart(np.array([10, 20]), "words").layout.shapes


def test_lengths_chart_of_empty_texts_has_a_width():
    figure = lengths_chart(np.zeros(3, dtype=np.int64), "words")

    assert figure.layout.xaxis.range[1] == pytest.approx(2.1)
