"""Pictures of a report as plain tables and inline SVG; no script draws them."""

from collections.abc import Sequence

import numpy as np

from textcls_core.arrays import Counts
from textcls_core.charts.theme import MAGNITUDE_RGB
from textcls_core.evaluation.calibration import Reliability, ReliabilityBin
from textcls_core.reporting.markup import Safe, element, foreign

MAX_CLASSES = 30
"""Classes of the matrix that are shown by name."""
OTHERS = "all others"
_WITH_NUMBERS = 15
_DEEPEST = 0.75
"""Opacity of the largest count: words stay legible on it in both themes."""
_SIZE, _EDGE = 320, 48


def condensed(confusion: Counts, most: int = MAX_CLASSES) -> tuple[list[int], Counts]:
    """Return the classes with most mistakes in the order of their ids, and their counts.

    Args:
        confusion: Counts, shape (C, C).
        most: Classes to keep, K; the others become one last row and column.

    Returns:
        K class ids, and counts of shape (K, K), or (K + 1, K + 1) if classes were joined.
    """
    size = len(confusion)
    if size <= most:
        return list(range(size)), confusion
    wrong = confusion.sum(axis=0) + confusion.sum(axis=1) - 2 * confusion.diagonal()
    kept = sorted(int(place) for place in np.argsort(-wrong, kind="stable")[:most])
    group = np.full(size, most)
    group[kept] = np.arange(most)
    joined = np.zeros((most + 1, most + 1), dtype=np.int64)
    np.add.at(joined, (group[:, None], group[None, :]), confusion)
    return kept, joined


def matrix(confusion: Counts, label_names: Sequence[str]) -> Safe:
    """Return the confusion matrix as a table: rows are true classes, columns predicted ones."""
    kept, counts = condensed(confusion)
    names = [label_names[place] for place in kept]
    names += [OTHERS] if len(counts) > len(names) else []
    wrong = counts * (1 - np.eye(len(counts), dtype=np.int64))
    most = max(int(wrong[: len(kept), : len(kept)].max(initial=0)), 1)
    corner = element("th", "true \\ predicted")
    head = element("tr", corner, *(_name(name) for name in names), element("th", "all"))
    rows = [
        element(
            "tr",
            _name(name),
            *(
                _cell(row == column, int(counts[row, column]), most, max(row, column) < len(kept))
                for column in range(len(names))
            ),
            element("td", f"{int(counts[row].sum()):,}"),
        )
        for row, name in enumerate(names)
    ]
    kind = "matrix" if len(names) <= _WITH_NUMBERS else "matrix many"
    body = element("table", element("thead", head), element("tbody", *rows), class_=kind)
    return element("div", body, class_="scroll")


def _name(name: str) -> Safe:
    return element("th", foreign(name), title=name)


def _cell(is_right: bool, count: int, most: int, is_shaded: bool) -> Safe:
    """Return a count; a mistake is the darker, the more often it was made."""
    shown = f"{count:,}" if count or is_right else ""
    if is_right and is_shaded:
        return element("td", shown, class_="diagonal")
    if not is_shaded:
        return element("td", shown)
    red, green, blue = MAGNITUDE_RGB
    shade = f"background: rgba({red}, {green}, {blue}, {_DEEPEST * count / most:.3f})"
    return element("td", shown, style=shade)


def reliability_diagram(reliability: Reliability, noun: str) -> Safe:
    """Return how often the model is right against how sure it is, with intervals and counts.

    Args:
        reliability: Bins of claims.
        noun: What a claim is about: rows, or labels of rows.
    """
    most = max(one.count for one in reliability.bins)
    parts = [_line(0, 0, 1, 1, "ideal"), _line(0, 0, 1, 0, "axis"), _line(0, 0, 0, 1, "axis")]
    for one in reliability.bins:
        parts.append(_bar(one, most))
        parts.append(_line(one.confidence, one.low, one.confidence, one.high, "whisker"))
        hover = f"{one.count:,} {noun}, {100 * one.confidence:.1f} % sure, "
        hover += f"{100 * one.accuracy:.1f} % right"
        x, y = _place(one.confidence, one.accuracy)
        parts.append(element("circle", element("title", hover), cx=x, cy=y, r=5, class_="dot"))
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        below, beside = _place(tick, 0), _place(0, tick)
        label = f"{100 * tick:.0f} %"
        parts.append(_words(label, below[0], below[1] + 16, "middle"))
        parts.append(_words(label, beside[0] - 6, beside[1] + 4, "end"))
    width, height = _SIZE + 2 * _EDGE, _SIZE + 2 * _EDGE
    parts.append(_words("How sure the model is", width / 2, height - 4, "middle"))
    parts.append(_words("How often it is right", 4, 16, "start"))
    box = f"0 0 {width} {height}"
    label = "Reliability diagram"
    return element(
        "svg", *parts, viewBox=box, width=width, height=height, role="img", aria_label=label
    )


def _place(x: float, y: float) -> tuple[float, float]:
    return round(_EDGE + _SIZE * x, 1), round(_EDGE + _SIZE * (1 - y), 1)


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Safe:
    (a, b), (c, d) = _place(x1, y1), _place(x2, y2)
    return element("line", x1=a, y1=b, x2=c, y2=d, class_=kind, stroke_width=2)


def _bar(one: ReliabilityBin, most: int) -> Safe:
    """Return the share of claims in a bin as a bar on the axis."""
    height = 0.2 * one.count / most
    x, y = _place(one.confidence, height)
    bottom = _place(0, 0)[1]
    return element("rect", x=x - 5, y=y, width=10, height=round(bottom - y, 1), class_="share")


def _words(label: str, x: float, y: float, anchor: str) -> Safe:
    return element("text", label, x=x, y=y, text_anchor=anchor)
