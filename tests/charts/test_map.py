"""Tests of the map: points by colour, hovers that show text and nothing else, size."""

import json

import numpy as np
import plotly.io
import pytest

from textcls_core.charts.map import MAX_POINTS, Hover, make_hovers, map_chart, zoom_to
from textcls_core.charts.theme import GREY, OUTCOME_COLORS, class_color
from textcls_core.embeddings.area import Area
from textcls_core.embeddings.colouring import Amounts, Categories
from textcls_core.embeddings.projection import Layout

HOSTILE = '<b>x</b> <a href="http://127.0.0.1:9">y</a> %{customdata[0]} <img src=x onerror=z> & "q"'
SCRIPTS = {
    "English": "the card was charged twice ",
    "Arabic": "تأخرت الحافلة اليوم كثيرا ",
    "Chinese": "公交车晚点了今天天气很好",
    "slashes": "</script>",
    "emoji": "\U0001f600",
}


def make_layout(count, method="umap"):
    points = np.stack([np.arange(count), np.arange(count) % 3], axis=1).astype(float)
    return Layout(method, np.arange(count) * 2, points, (0.25, 0.125))


def chart_of(count=6, colouring=None, **options):
    colouring = colouring or Categories("Class", ("ham", "spam"), np.arange(count) % 2)
    hovers = [Hover(f"head {n}", f"body {n}") for n in range(count)]
    layout = make_layout(count, options.pop("method", "umap"))
    return map_chart(layout, hovers, colouring, **options)


def test_map_has_one_trace_per_class_in_its_colour():
    traces = chart_of().to_dict()["data"]

    assert [trace["name"] for trace in traces] == ["ham", "spam"]
    assert [trace["marker"]["color"] for trace in traces] == [class_color(0), class_color(1)]
    assert [trace["text"] for trace in traces] == [
        *(["body 0", "body 2", "body 4"], ["body 1", "body 3", "body 5"])
    ]


def test_map_points_know_their_row():
    traces = chart_of().to_dict()["data"]

    assert [data[0] for trace in traces for data in trace["customdata"]] == [0, 4, 8, 2, 6, 10]


def test_map_draws_what_is_grey_first_and_together():
    names = tuple(f"c{n}" for n in range(30))
    colouring = Categories("Class", names, np.arange(30))

    traces = chart_of(30, colouring).to_dict()["data"]

    assert (traces[0]["name"], traces[0]["marker"]["color"]) == ("10 further", GREY)
    assert len(traces) == 21


def test_map_colours_outcomes_as_everywhere():
    colouring = Categories(
        "Outcome", (*OUTCOME_COLORS, "not predicted"), np.arange(5), palette="outcomes"
    )

    traces = chart_of(5, colouring).to_dict()["data"]

    assert [trace["marker"]["color"] for trace in traces] == [GREY, *OUTCOME_COLORS.values()]


def test_map_of_amounts_has_a_scale_that_one_outlier_does_not_stretch():
    values = np.append(np.linspace(0, 1, 999), 1e6)

    marker = chart_of(1_000, Amounts("Length", values)).to_dict()["data"][0]["marker"]

    assert marker["cmax"] < 2
    assert marker["colorbar"]["title"]["text"] == "Length"


@pytest.mark.parametrize("values", [[np.nan] * 3, [5.0] * 3, [np.nan, 1.0, 2.0]])
def test_map_of_odd_amounts_is_drawn(values):
    marker = chart_of(3, Amounts("x", np.array(values))).data[0].marker

    assert np.isfinite(marker["color"]).all()
    assert marker["cmin"] < marker["cmax"]


def test_map_zooms_to_an_area_and_a_little_around_it():
    figure = chart_of(6)

    zoom_to(figure, Area((((0.0, 1.0), (10.0, 1.0), (10.0, 1.0)),)))

    layout = figure.to_dict()["layout"]
    assert layout["xaxis"]["range"] == pytest.approx([-1.0, 11.0])
    assert layout["yaxis"]["range"] == pytest.approx([0.999, 1.001])


def test_map_with_an_area_outlines_it_and_pales_the_others():
    area = Area((((-1.0, -1.0), (2.5, -1.0), (2.5, 5.0), (-1.0, 5.0)),))

    figure = chart_of(6, area=area).to_dict()

    assert [trace["selectedpoints"] for trace in figure["data"]] == [[0, 1], [0]]
    assert figure["layout"]["shapes"][0]["path"] == "M-1.0,-1.0L2.5,-1.0L2.5,5.0L-1.0,5.0Z"


def test_map_rings_the_rows_that_were_found():
    ring = chart_of(6, ringed=[4, 10, 99]).to_dict()["data"][-1]

    assert ring["marker"]["symbol"] == "circle-open"
    assert [data[0] for data in ring["customdata"]] == [4, 10]


def test_map_of_components_says_how_much_its_axes_show():
    layout = chart_of(method="pca").to_dict()["layout"]

    assert layout["xaxis"]["title"]["text"] == "First principal component (25.0 % of the spread)"
    assert layout["yaxis"]["title"]["text"].startswith("Second principal component (12.5 %")


def test_hover_shows_markup_as_it_is():
    hover = make_hovers([HOSTILE], [HOSTILE])[0]

    assert "<" not in hover.body.replace("<br>", "").replace("&lt;", "")
    assert "&lt;b&gt;x&lt;/b&gt;" in hover.head
    assert "&lt;img src=x onerror=z&gt; &amp;" in hover.body


def test_class_name_in_the_legend_shows_markup_as_it_is():
    colouring = Categories("Class", ("<b>ham</b>",), np.zeros(3, dtype=int))

    assert chart_of(3, colouring).to_dict()["data"][0]["name"] == "&lt;b&gt;ham&lt;/b&gt;"


def test_hover_of_a_long_text_is_cut_and_says_so():
    body = make_hovers(["word " * 500], ["x"])[0].body

    assert body.endswith("…")
    assert all(len(line) <= 61 for line in body.split("<br>"))
    assert 230 <= len(body.replace("<br>", " ")) <= 242


def test_hover_of_a_short_text_is_whole():
    assert make_hovers(["two  words\n"], ["x"])[0].body == "two words"


def test_hover_line_of_another_script_runs_in_its_own_direction():
    assert (
        make_hovers([SCRIPTS["Arabic"]], ["x"])[0].body == f"\u2068{SCRIPTS['Arabic'][:-1]}\u2069"
    )


def test_hovers_of_no_text_are_none():
    assert make_hovers([], []) == []


@pytest.mark.parametrize("script", SCRIPTS)
def test_map_of_the_largest_size_stays_below_a_megabyte(script):
    texts = [SCRIPTS[script] * 20] * MAX_POINTS
    colouring = Categories(
        "Class", ("a long class name, 30 letters.",) * 20, np.arange(MAX_POINTS) % 20
    )
    area = Area((((-1.0, -1.0), (1e9, -1.0), (1e9, 5.0), (-1.0, 5.0)),))
    hovers = make_hovers(texts, [colouring.names[0]] * MAX_POINTS)
    layout = make_layout(MAX_POINTS)

    figure = map_chart(layout, hovers, colouring, area=area, ringed=range(40))

    sent = plotly.io.to_json(figure, validate=False)
    assert len(sent) < 1_000_000
    assert json.loads(sent)["data"]
