"""Tests of all heads as a grid, and of the flow through the layers."""

import numpy as np
import pytest

from textcls_core.charts.explanation_heads import clicked_head, flow_chart, head_map

VALUES = np.array([[0.1, 0.2, 0.3], [0.4, 0.0, 0.8]])


def grid(values=VALUES, **options):
    return head_map(values, "share", "{:.1f}".format, **options).to_dict()


def test_head_map_has_a_cell_per_head():
    bars = grid()["data"][0]

    assert bars["text"] == ["0.1", "0.2", "0.3", "0.4", "0.0", "0.8"]
    assert list(bars["y"]) == [0, 0, 0, 1, 1, 1]
    assert list(bars["base"]) == [-0.5, 0.5, 1.5] * 2
    colors = head_map(VALUES, "share", str).data[0].marker.color
    np.testing.assert_allclose(colors, VALUES.ravel() / 0.8, atol=1e-4)


def test_head_map_begins_with_the_first_layer_on_top():
    layout = grid()["layout"]

    assert list(layout["yaxis"]["ticktext"]) == ["1", "2"]
    assert layout["yaxis"]["range"][0] > layout["yaxis"]["range"][1]
    assert layout["xaxis"]["title"]["text"] == "head (share)"


def test_head_map_frames_the_chosen_head():
    (frame,) = grid(selected=(1, 2))["layout"]["shapes"]

    assert (frame["x0"], frame["x1"], frame["y0"], frame["y1"]) == (1.5, 2.5, 0.5, 1.5)
    assert "shapes" not in grid()["layout"]


def test_head_map_of_many_heads_has_no_numbers():
    found = grid(np.full((2, 32), 0.5))

    assert "text" not in found["data"][0]
    assert len(found["layout"]["xaxis"]["ticktext"]) == 8


def test_head_map_of_nothing_but_zeros():
    found = head_map(np.zeros((1, 2)), "share", str)

    assert list(found.data[0].marker.color) == [0.0, 0.0]


@pytest.mark.parametrize(
    ("point", "place"),
    [
        (None, None),
        ({}, None),
        ({"customdata": [1]}, None),
        ({"customdata": [1, 2, 2, 3, "0.8"]}, (1, 2)),
    ],
)
def test_clicked_head_is_read_from_the_cell(point, place):
    assert clicked_head(point) == place


def test_flow_chart_leaves_special_tokens_empty():
    by_layer = np.array([[0.9, 0.1, 0.0], [0.5, 0.2, 0.3]])

    trace = flow_chart(by_layer, ["[CLS]", "a", "<b>"], [True, False, False]).to_dict()["data"][0]

    assert trace["zmax"] == pytest.approx(0.3)
    drawn = flow_chart(by_layer, ["[CLS]", "a", "b"], [True, False, False]).data[0].z
    np.testing.assert_allclose(drawn, [[np.nan, 0.1, 0.0], [np.nan, 0.2, 0.3]], rtol=1e-6)
    assert list(trace["y"]) == [1, 2]
    assert list(trace["customdata"][0]) == ["[CLS]", "a", "&lt;b&gt;"]


def test_flow_chart_labels_as_many_words_as_fit():
    figure = flow_chart(np.full((12, 512), 1 / 512), ["w"] * 512, [False] * 512).to_dict()

    assert len(figure["layout"]["xaxis"]["tickvals"]) <= 60


def test_flow_chart_of_special_tokens_alone():
    trace = flow_chart(np.array([[0.5, 0.5]]), ["[CLS]", "[SEP]"], [True, True]).to_dict()["data"][
        0
    ]

    assert trace["zmax"] == 1.0
