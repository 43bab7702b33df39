"""Tests of the colours, sizes and labels that all charts share."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textcls_core.charts.theme import (
    CLASS_COLORS,
    GREY,
    INK,
    OUTCOME_COLORS,
    PAPER,
    base_layout,
    class_color,
    lasso_layout,
    literal,
    magnitude_color,
    magnitude_scale,
    plain,
    rows_height,
    spaced,
)

MARKUP = "<a href='http://x'>a</a> & <b>b</b><br>"


def test_class_color_of_the_first_ten_classes_is_the_palette():
    colors = [class_color(label_id) for label_id in range(10)]

    assert colors == list(CLASS_COLORS)


def test_class_color_differs_between_the_first_twenty_classes():
    colors = [class_color(label_id) for label_id in range(20)]

    assert len(set(colors)) == 20


@pytest.mark.parametrize("label_id", [20, 76, 149, 499])
def test_class_color_beyond_twenty_classes_is_grey(label_id):
    assert class_color(label_id) == GREY


def test_class_color_of_the_second_ten_is_a_darker_shade():
    assert class_color(10) == "#2B4487"


@pytest.mark.parametrize(
    ("share", "alpha"),
    [(0.0, "0.040"), (0.5, "0.520"), (1.0, "1.000"), (-1.0, "0.040"), (7.0, "1.000")],
)
def test_magnitude_color_goes_from_transparent_to_full(share, alpha):
    assert magnitude_color(share) == f"rgba(66,105,208,{alpha})"


def test_magnitude_scale_covers_nothing_to_everything():
    scale = magnitude_scale()

    assert scale[0] == [0.0, magnitude_color(0)]
    assert scale[-1] == [1.0, magnitude_color(1)]


def test_outcome_colors_are_four_different_ones():
    assert len(set(OUTCOME_COLORS.values())) == 4


def test_base_layout_has_a_fixed_height_and_no_background():
    layout = base_layout(123)

    assert layout["height"] == 123
    assert layout["paper_bgcolor"] == layout["plot_bgcolor"] == "rgba(0,0,0,0)"
    assert layout["showlegend"] is False


def test_base_layout_is_not_shared_between_charts():
    base_layout()["margin"]["t"] = 99

    assert base_layout()["margin"]["t"] == 40


@pytest.mark.parametrize(("num_rows", "height"), [(1, 160), (5, 200), (20, 590), (150, 900)])
def test_rows_height_grows_with_the_rows_between_its_limits(num_rows, height):
    assert rows_height(num_rows) == height


@pytest.mark.parametrize(
    ("count", "most", "positions"),
    [
        (0, 3, []),
        (1, 3, [0]),
        (3, 3, [0, 1, 2]),
        (4, 3, [0, 2]),
        (10, 3, [0, 4, 8]),
    ],
)
def test_spaced_keeps_at_most_so_many(count, most, positions):
    assert spaced(count, most) == positions


@given(st.integers(0, 5_000), st.integers(1, 300))
def test_spaced_never_gives_more_than_asked_for(count, most):
    assert len(spaced(count, most)) <= most


def test_plain_escapes_markup():
    assert plain(MARKUP, 80) == (
        "&lt;a href='http://x'&gt;a&lt;/a&gt; &amp; &lt;b&gt;b&lt;/b&gt;&lt;br&gt;"
    )


def test_plain_cuts_before_it_escapes():
    assert plain("&&&&&", 3) == "&amp;&amp;…"


def test_plain_keeps_text_of_exactly_the_limit():
    assert plain("abc", 3) == "abc"


def test_plain_is_one_line():
    assert plain(" a\n\tb  c ") == "a b c"


@given(st.text())
def test_literal_can_be_read_back(text):
    assert html.unescape(literal(text)) == text


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_toolbar_and_hovers_of_a_lasso_chart_stand_out_from_the_page(theme):
    layout = lasso_layout(theme)

    assert layout["hoverlabel"]["bgcolor"] == PAPER[theme]
    assert layout["hoverlabel"]["font"]["color"] == INK[theme]
    assert layout["modebar"] == {
        "bgcolor": "rgba(0,0,0,0)",
        "color": GREY,
        "activecolor": INK[theme],
    }
