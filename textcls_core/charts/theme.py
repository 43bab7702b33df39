"""Colours and sizes of all charts, in one place.

Colour says three things only: which class, which outcome, how much.
"""

import html
from typing import Any

CLASS_COLORS = (
    "#4269D0", "#EFB118", "#FF725C", "#6CC5B0", "#3CA951",
    "#FF8AB7", "#A463F2", "#97BBF5", "#9C6B4E", "#9498A0",
)  # fmt: skip
"""Colour-blind safe, by label id; classes 11 to 20 are darker shades, later ones grey."""
GREY = "#8A90A0"
OUTCOME_COLORS = {
    "right and sure": "#1A7F5A",
    "right but unsure": "#8CCDB4",
    "wrong but unsure": "#F3B08C",
    "wrong and sure": "#C8401E",
}
LINE = "#4269D0"
SECOND_LINE = "#FF725C"
INK = {"light": "#10151F", "dark": "#E8EBF1"}
"""Colour of words inside a chart, by the theme of the page."""
TICKS = {"light": "#5C6678", "dark": "#A3ABBC"}
"""Colour of the words along an axis; Streamlit's own is too faint on light pages."""
PAPER = {"light": "#FFFFFF", "dark": "#12161F"}
"""Colour behind a chart, by the theme of the page."""
MAGNITUDE_RGB = (66, 105, 208)
LESS_RGB, MORE_RGB = MAGNITUDE_RGB, (190, 74, 20)
"""Ends of the diverging scale: blue below zero, orange above."""
CHART_HEIGHT = 320
ROW_HEIGHT = 26


def class_color(label_id: int) -> str:
    """Return the colour of a class, the same on every page.

    Example:
        >>> class_color(0), class_color(25)
        ('#4269D0', '#8A90A0')
    """
    if label_id >= 2 * len(CLASS_COLORS):
        return GREY
    color = CLASS_COLORS[label_id % len(CLASS_COLORS)]
    return color if label_id < len(CLASS_COLORS) else _darker(color)


def magnitude_color(share: float) -> str:
    """Return the colour of an amount in [0, 1]: one hue, from transparent to full.

    Transparent zero works on light and dark backgrounds alike.
    """
    red, green, blue = MAGNITUDE_RGB
    return f"rgba({red},{green},{blue},{0.04 + 0.96 * min(max(share, 0.0), 1.0):.3f})"


def magnitude_scale() -> list[list[Any]]:
    """Return the same colours as a Plotly colour scale."""
    return [[step / 10, magnitude_color(step / 10)] for step in range(11)]


def diverging_color(share: float) -> str:
    """Return the colour of a signed amount in [-1, 1]: blue below zero, orange above.

    Zero is nearly transparent, which is neutral on light and dark backgrounds alike.

    Example:
        >>> diverging_color(-1.0), diverging_color(0.0), diverging_color(1.0)
        ('rgba(66,105,208,1.000)', 'rgba(138,144,160,0.040)', 'rgba(190,74,20,1.000)')
    """
    if share == 0:
        return "rgba(138,144,160,0.040)"
    red, green, blue = MORE_RGB if share > 0 else LESS_RGB
    return f"rgba({red},{green},{blue},{0.04 + 0.96 * min(abs(share), 1.0):.3f})"


def diverging_scale() -> list[list[Any]]:
    """Return the same colours as a Plotly colour scale from -1 to 1."""
    steps = [step / 10 for step in range(-10, 11)]
    return [[(step + 1) / 2, diverging_color(step)] for step in steps]


def base_layout(height: int = CHART_HEIGHT) -> dict[str, Any]:
    """Return the layout every Plotly chart starts from: fixed height, light grid, no border."""
    return {
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 40, "b": 8},
        "showlegend": False,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "title": {"font": {"size": 15}, "x": 0, "xanchor": "left", "xref": "container"},
        "hoverlabel": {"align": "left"},
    }


def lasso_layout(theme: str) -> dict[str, Any]:
    """Return what a Plotly chart adds to `base_layout` if its points are chosen with a lasso.

    Args:
        theme: "light" or "dark", of the page behind.
    """
    ink, paper = INK[theme], PAPER[theme]
    return {
        "dragmode": "lasso",
        "hoverdistance": 12,
        "newselection": {"line": {"color": ink, "width": 2}},
        "hoverlabel": {"align": "left", "bgcolor": paper, "font": {"color": ink}},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": GREY, "activecolor": ink},
    }


def rows_height(num_rows: int, *, least: int = 160, most: int = 900) -> int:
    """Return the height of a chart with one bar per row."""
    return max(least, min(most, 70 + ROW_HEIGHT * num_rows))


def spaced(count: int, most: int) -> list[int]:
    """Return at most `most` evenly spaced positions among `count`, for labels that must not touch.

    Example:
        >>> spaced(5, 10), spaced(100, 4)
        ([0, 1, 2, 3, 4], [0, 25, 50, 75])
    """
    return list(range(0, count, -(-count // most) or 1))


def plain(text: str, limit: int = 28) -> str:
    """Return text that Plotly draws as it is, on one line, cut to `limit` characters."""
    line = " ".join(text.split())
    return literal(line if len(line) <= limit else line[: limit - 1] + "…")


def literal(text: str) -> str:
    """Return text that Plotly draws as it is; it reads a small HTML subset in labels and hovers."""
    return html.escape(text, quote=False)


def _darker(color: str) -> str:
    parts = [int(color[start : start + 2], 16) for start in (1, 3, 5)]
    return "#" + "".join(f"{round(part * 0.65):02X}" for part in parts)
