"""Tests of the confusion matrix: what its cells show and what a click on them means."""

import json
import re

import numpy as np
import pytest

from tests.cases import ALL_WRONG, CLASS_ABSENT, MIXED, PERFECT, decided, make_predictions
from textcls_core.charts.evaluation.grid import ALL, cell_text_color, grid_chart
from textcls_core.charts.evaluation.matrix import confusion_grid, difference_grid
from textcls_core.charts.theme import diverging_color, magnitude_color, magnitude_scale
from textcls_core.evaluation.confusion_difference import confusion_difference
from textcls_core.evaluation.evaluation import evaluate

HOSTILE = ("<b>ham</b>", "a & b", "&lt;i&gt;")
SHARES = [0.05, 0.3, 0.5, 0.6, 0.8, 0.9, 0.94, 0.95, 1.0]


def chart(predictions=MIXED, by="counts", *, is_dark=False, **options):
    """Return cells, totals and layout of a matrix."""
    figure = grid_chart(confusion_grid(evaluate(predictions), by, **options), is_dark=is_dark)
    cells, totals = json.loads(figure.to_json())["data"]
    cells["marker"]["color"] = figure.data[0].marker.color.tolist()
    return cells, totals, figure.to_dict()["layout"]


def many_classes(num_labels):
    """Return two right rows of every class, and one mistake: the last class taken for the first."""
    true = np.tile(np.arange(num_labels), 2)
    predicted = true.copy()
    predicted[-1] = 0
    names = [f"class {n:03}" for n in range(num_labels)]
    return make_predictions(true, np.eye(num_labels)[predicted], names)


def two_shares(share):
    """Return two classes whose cells hold `share` and 1 of the largest count."""
    counts = [round(share * 100), 100]
    true = np.repeat([0, 1], counts)
    return make_predictions(true, np.eye(2)[true], ["few", "many"])


def with_names(names):
    return make_predictions([0, 1, 2], np.eye(3), names)


def contrast(text_color, cell_color, page=(255, 255, 255)):
    """Return the contrast of text on a translucent cell, after WCAG 2.2."""
    *rgb, alpha = [float(part) for part in re.findall(r"[\d.]+", cell_color)]
    cell = [alpha * part + (1 - alpha) * below for part, below in zip(rgb, page, strict=True)]
    text = [int(text_color[start : start + 2], 16) for start in (1, 3, 5)]
    light, dark = sorted([luminance(cell), luminance(text)], reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(rgb):
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in rgb)
    ]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def test_confusion_chart_rows_are_true_classes():
    cells, _, layout = chart()

    assert cells["customdata"][1][:2] == ["ham", "spam"]
    assert cells["y"][1] == 0
    assert cells["base"][1] == 0.5
    assert (layout["yaxis"]["title"]["text"], layout["xaxis"]["title"]["text"]) == (
        "True",
        "Predicted",
    )


def test_confusion_chart_carries_names_and_count_of_every_cell():
    cells, _, _ = chart()

    assert cells["customdata"][:2] == [
        ["ham", "ham", "2 rows: 66.7 % of the true class, 100.0 % of the predicted"],
        ["ham", "spam", "1 row: 33.3 % of the true class, 50.0 % of the predicted"],
    ]
    assert [cell[2].split(":")[0] for cell in cells["customdata"]] == [
        *("2 rows", "1 row", "0 rows"),
        *("0 rows", "1 row", "1 row"),
        *("0 rows", "0 rows", "1 row"),
    ]


def test_confusion_chart_cells_fill_the_grid():
    cells, _, layout = chart()

    assert cells["width"] == 1
    assert cells["x"] == [1] * 9
    assert layout["bargap"] == 0
    assert layout["barmode"] == "overlay"


def test_confusion_chart_starts_at_the_top_left_with_the_first_class():
    layout = chart()[2]

    assert layout["yaxis"]["ticktext"] == ["ham", "spam", "news", "all"]
    assert layout["xaxis"]["ticktext"] == ["ham", "spam", "news", "all"]
    assert layout["yaxis"]["range"][0] > layout["yaxis"]["range"][1]
    assert layout["xaxis"]["range"][0] < layout["xaxis"]["range"][1]


def test_confusion_chart_totals_carry_the_empty_name():
    _, totals, _ = chart()

    assert totals["customdata"] == [
        ["ham", ALL, "3", "true"],
        ["spam", ALL, "2", "true"],
        ["news", ALL, "1", "true"],
        [ALL, "ham", "2", "predicted"],
        [ALL, "spam", "2", "predicted"],
        [ALL, "news", "2", "predicted"],
    ]


def test_confusion_chart_totals_stand_beside_their_row_and_column():
    _, totals, _ = chart()

    assert totals["y"] == [0, 1, 2, 3.25, 3.25, 3.25]
    assert totals["base"] == [2.75, 2.75, 2.75, -0.5, 0.5, 1.5]


@pytest.mark.parametrize(
    ("by", "texts"),
    [
        ("counts", ["2", "1", "", "", "1", "1", "", "", "1"]),
        ("row", ["67 %", "33 %", "", "", "50 %", "50 %", "", "", "100 %"]),
        ("column", ["100 %", "50 %", "", "", "50 %", "50 %", "", "", "50 %"]),
    ],
)
def test_confusion_chart_shows_counts_or_shares(by, texts):
    assert chart(by=by)[0]["text"] == texts


def test_confusion_chart_totals_are_counts_whatever_the_cells_show():
    assert chart(by="row")[1]["text"] == ["3", "2", "1", "2", "2", "2"]


def test_confusion_chart_darkens_cells_by_their_share_of_the_largest():
    colors = chart()[0]["marker"]["color"]

    assert colors[:3] == [1.0, 0.5, 0.0]


def test_confusion_chart_takes_its_colours_from_the_scale_of_amounts():
    marker = chart()[0]["marker"]

    assert (marker["cmin"], marker["cmax"]) == (0, 1)
    assert marker["colorscale"] == magnitude_scale()


def test_confusion_chart_of_mistakes_leaves_the_diagonal_empty():
    cells, _, _ = chart(errors_only=True)

    assert cells["text"] == ["", "1", "", "", "", "1", "", "", ""]
    assert cells["marker"]["color"][:2] == [0.0, 1.0]


def test_confusion_chart_of_mistakes_keeps_the_diagonal_clickable():
    assert chart(errors_only=True)[0]["customdata"][0][:2] == ["ham", "ham"]


@pytest.mark.parametrize("predictions", [PERFECT, ALL_WRONG, CLASS_ABSENT])
@pytest.mark.parametrize("errors_only", [True, False])
def test_confusion_chart_draws_empty_rows_and_columns(predictions, errors_only):
    cells, totals, _ = chart(predictions, errors_only=errors_only)

    assert len(cells["customdata"]) == 9
    assert len(totals["customdata"]) == 6


@pytest.mark.parametrize(("num_labels", "height"), [(2, 340), (5, 390), (25, 820)])
def test_confusion_chart_grows_with_its_classes(num_labels, height):
    cells, totals, layout = chart(many_classes(num_labels))

    assert len(cells["customdata"]) == num_labels**2
    assert len(totals["customdata"]) == 2 * num_labels
    assert layout["height"] == height
    assert len(layout["xaxis"]["ticktext"]) == len(layout["yaxis"]["tickvals"]) == num_labels + 1


def test_confusion_chart_escapes_markup():
    cells, totals, layout = chart(with_names(HOSTILE))

    assert layout["yaxis"]["ticktext"][0] == "&lt;b&gt;ham&lt;/b&gt;"
    assert cells["customdata"][1][:2] == ["&lt;b&gt;ham&lt;/b&gt;", "a &amp; b"]
    assert totals["customdata"][2][0] == "&amp;lt;i&amp;gt;"


def test_confusion_chart_hover_names_the_classes_in_full():
    cells, _, layout = chart(with_names(("a" * 40, "b", "c")))

    assert layout["yaxis"]["ticktext"][0] == "a" * 15 + "…"
    assert cells["customdata"][0][0] == "a" * 40


@pytest.mark.parametrize("share", SHARES)
def test_confusion_chart_numbers_can_be_read_on_a_light_page(share):
    cells, _, _ = chart(two_shares(share))

    text, cell = cells["insidetextfont"]["color"][0], cells["marker"]["color"][0]
    assert contrast(text, magnitude_color(cell)) >= 4.5


@pytest.mark.parametrize("share", SHARES)
def test_confusion_chart_numbers_can_be_read_on_a_dark_page(share):
    cells, _, _ = chart(two_shares(share), is_dark=True)

    text, cell = cells["insidetextfont"]["color"][0], cells["marker"]["color"][0]
    assert contrast(text, magnitude_color(cell), page=(18, 22, 31)) >= 4.5


@pytest.mark.parametrize(
    ("by", "texts", "title"),
    [
        ("counts", ["1.2k", "25k", "7"], "Predicted"),
        ("row", ["100", "100", "100"], "Predicted (cells in %)"),
    ],
)
def test_confusion_chart_of_a_dozen_classes_writes_short_numbers(by, texts, title):
    counts = [1_234, 25_000, 7, *[1] * 9]
    true = np.repeat(np.arange(12), counts)
    cells, totals, layout = chart(
        make_predictions(true, np.eye(12)[true], [f"{n}" for n in range(12)]), by
    )

    assert [text for text in cells["text"] if text][:3] == texts
    assert layout["xaxis"]["title"]["text"] == title
    assert totals["text"][:3] == ["1.2k", "25k", "7"]
    assert totals["customdata"][0][2] == "1,234"


def test_confusion_chart_draws_some_classes_in_the_wanted_order():
    cells, totals, layout = chart(label_ids=np.array([2, 0]))

    assert layout["yaxis"]["ticktext"] == ["news", "ham", "all"]
    assert [cell[:2] for cell in cells["customdata"]] == [
        *(["news", "news"], ["news", "ham"]),
        *(["ham", "news"], ["ham", "ham"]),
    ]
    assert totals["text"] == ["1", "3", "2", "2"]


def test_confusion_chart_shares_of_some_classes_count_all_of_them():
    cells, _, _ = chart(by="row", label_ids=np.array([0, 2]))

    assert cells["text"] == ["67 %", "", "", "100 %"]


@pytest.mark.parametrize(
    ("selected", "place"),
    [
        (("ham", "spam"), (0.5, 1.5, -0.5, 0.5)),
        (("news", ALL), (2.75, 3.75, 1.5, 2.5)),
        ((ALL, "ham"), (-0.5, 0.5, 2.75, 3.75)),
    ],
)
def test_confusion_chart_frames_the_selected_cell(selected, place):
    [frame] = chart(selected=selected)[2]["shapes"]

    assert tuple(frame[name] for name in ("x0", "x1", "y0", "y1")) == place


@pytest.mark.parametrize("selected", [None, (ALL, ALL), ("gone", "ham"), ("ham", "gone")])
def test_confusion_chart_frames_nothing_without_a_selected_cell(selected):
    assert not chart(selected=selected)[2].get("shapes")


def test_confusion_chart_of_a_dozen_classes_is_the_same_whatever_is_selected():
    selected = chart(many_classes(12), selected=("class 001", "class 001"))
    nothing = chart(many_classes(12))

    assert selected == nothing
    assert nothing[0]["unselected"]["marker"]["opacity"] == 0.4


def difference(by="counts", **options):
    """Return cells and totals: `ham` is taken for `spam` less often, `news` for `ham` more."""
    this = decided([0, 0, 0, 0, 2, 2], [0, 0, 0, 1, 0, 0])
    other = decided([0, 0, 0, 0, 2, 2], [0, 1, 1, 1, 0, 2])
    figure = grid_chart(difference_grid(confusion_difference(this, other), by, **options))
    cells, totals = json.loads(figure.to_json())["data"]
    cells["marker"]["color"] = figure.data[0].marker.color.tolist()
    return cells, totals


def test_difference_chart_shows_this_run_minus_the_other():
    cells, totals = difference()

    assert cells["text"] == ["+2", "-2", "", "", "", "", "+1", "", "-1"]
    assert totals["text"] == ["0", "0", "0", "+3", "-2", "-1"]


def test_difference_chart_shows_shares():
    cells, _ = difference("row")

    assert cells["text"][:2] == ["+50 %", "-50 %"]


def test_difference_chart_is_orange_above_zero_blue_below_and_neutral_at_zero():
    marker = difference()[0]["marker"]

    assert (marker["color"][:3], marker["color"][6]) == ([1.0, -1.0, 0.0], 0.5)
    assert (marker["cmin"], marker["cmax"]) == (-1, 1)
    assert marker["colorscale"][0] == [0, diverging_color(-1.0)]
    assert marker["colorscale"][10] == [0.5, diverging_color(0.0)]
    assert marker["colorscale"][20] == [1, diverging_color(1.0)]


def test_difference_chart_of_mistakes_leaves_the_diagonal_empty():
    assert difference(errors_only=True)[0]["text"] == ["", "-2", "", "", "", "", "+1", "", ""]


def test_difference_chart_says_both_counts():
    assert difference()[0]["customdata"][1] == [
        *("ham", "spam"),
        "1 row in this run, 3 in the other",
    ]


def test_difference_chart_of_equal_runs_is_neutral():
    same = confusion_difference(MIXED, MIXED)

    cells = grid_chart(difference_grid(same, "row")).data[0]

    assert set(cells.marker.color.tolist()) == {0.0}


@pytest.mark.parametrize("page", [(255, 255, 255), (18, 22, 31)])
@pytest.mark.parametrize("is_positive", [True, False])
@pytest.mark.parametrize("share", SHARES)
def test_difference_chart_numbers_can_be_read(share, is_positive, page):
    sign = 1 if is_positive else -1

    text = cell_text_color(share, is_dark=page != (255, 255, 255))

    assert contrast(text, diverging_color(sign * share), page) >= 4.5
