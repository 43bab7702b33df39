import pytest

from textcls_core.charts.audit import cut_off_chart

LENGTHS = [32, 64, 128, 256]


def test_cut_off_chart_draws_both_shares_in_percent():
    figure = cut_off_chart(LENGTHS, [0.5, 0.25, 0.1, 0.0], [0.4, 0.2, 0.05, 0.0], 128)

    texts, tokens = figure.data
    assert (texts.name, list(texts.y)) == ("texts", [50, 25, 10, 0])
    assert (tokens.name, list(tokens.y)) == ("tokens", [40, 20, 5, 0])
    assert figure.layout.xaxis.tickvals == (32, 64, 128, 256)
    assert figure.layout.yaxis.rangemode == "tozero"


@pytest.mark.parametrize(
    ("usual", "title"),
    [
        (128, "128 tokens cut off 10.0 % of the texts"),
        (200, "128 tokens cut off 10.0 % of the texts"),
        (256, "256 tokens keep every text whole"),
        (16, "32 tokens cut off 50.0 % of the texts"),
    ],
)
def test_cut_off_chart_says_what_the_usual_length_loses(usual, title):
    figure = cut_off_chart(LENGTHS, [0.5, 0.25, 0.1, 0.0], [0.4, 0.2, 0.05, 0.0], usual)

    assert figure.layout.title.text == title


def test_cut_off_chart_names_the_shortest_length_that_is_enough():
    figure = cut_off_chart(LENGTHS, [0.5, 0.0, 0.0, 0.0], [0.4, 0.0, 0.0, 0.0], 256)

    assert figure.layout.title.text == "64 tokens keep every text whole"


def test_cut_off_chart_of_one_length():
    figure = cut_off_chart([8], [1.0], [0.9], 256)

    assert figure.layout.title.text == "8 tokens cut off 100.0 % of the texts"
