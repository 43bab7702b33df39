"""Errors in label sets: every label by itself, and which errors come together."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Int

from textcls_core.arrays import ClassCounts, Counts, LabelIds
from textcls_core.charts.evaluation.grid import Grid, grid_chart
from textcls_core.charts.theme import INK, OUTCOME_COLORS, base_layout, literal, plain, rows_height
from textcls_core.evaluation.label_errors import OUTCOMES, LabelOutcome
from textcls_core.wording import capitalised, plural

_COLORS: dict[LabelOutcome, str] = {
    "true positive": OUTCOME_COLORS["right and sure"],
    "false negative": OUTCOME_COLORS["wrong but unsure"],
    "false positive": OUTCOME_COLORS["wrong and sure"],
}
"""True negatives are left out: most labels are absent from most rows, and would hide the rest."""
PAIR_TITLES = {
    "missed and given": ("Missed", "Wrongly given"),
    "missed together": ("Missed", "Also missed"),
    "given together": ("Wrongly given", "Also wrongly given"),
}
_LARGE_BAR = 0.06
"""Share of the widest bar from which a part has room for its number."""


def label_outcomes_chart(
    label_names: Sequence[str],
    counts: Int[np.ndarray, "C 4"],
    label_ids: LabelIds,
    *,
    selected: tuple[str, str] | None = None,
    is_dark: bool = False,
) -> go.Figure:
    """Return a bar per label: rows where it was given and right, missed, and given but wrong.

    A click returns the name of the label and what happened to it.

    Args:
        label_names: C label names.
        counts: From `outcome_counts`.
        label_ids: The labels to draw, from top to bottom.
        selected: Label and outcome of the part with a frame.
        is_dark: Whether the page behind is dark.
    """
    figure = go.Figure()
    widest = max(int(counts[label_ids, :3].sum(axis=1).max(initial=0)), 1)
    ink = INK["dark" if is_dark else "light"]
    names = [label_names[label_id] for label_id in label_ids]
    for column, outcome in enumerate(OUTCOMES):
        if outcome in _COLORS:
            part = _part(names, counts[label_ids, column], outcome, widest)
            chosen = [selected == (name, outcome) for name in names]
            part.marker.line = {"width": [2.5 if flag else 0 for flag in chosen], "color": ink}
            figure.add_trace(part)
    _style(figure, [plain(name, 24) for name in names])
    return figure


def _part(names: Sequence[str], rows: ClassCounts, outcome: LabelOutcome, widest: int) -> go.Bar:
    """Return one part of every bar: the rows of each label with this outcome."""
    return go.Bar(
        orientation="h",
        name=f"{capitalised(OUTCOMES[outcome])} ({outcome})",
        y=list(range(len(names))),
        x=rows.tolist(),
        marker={"color": _COLORS[outcome]},
        text=[f"{count:,}" if count / widest >= _LARGE_BAR else "" for count in rows.tolist()],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        insidetextfont={"color": "#000000" if outcome == "false negative" else "#FFFFFF"},
        customdata=[[literal(name), outcome] for name in names],
        hovertemplate=f"%{{customdata[0]}}<br>%{{x:,}} rows {OUTCOMES[outcome]}<extra></extra>",
        unselected={"marker": {"opacity": 1}},
    )


def _style(figure: go.Figure, names: Sequence[str]) -> None:
    figure.update_layout(
        **base_layout(rows_height(len(names), least=220) + 30),
        barmode="stack",
        bargap=0.25,
        xaxis={"title": "Rows", "rangemode": "tozero", "fixedrange": True, "tickformat": ","},
        yaxis={
            "tickvals": list(range(len(names))),
            "ticktext": names,
            "range": [len(names) - 0.4, -0.6],
            "fixedrange": True,
            "showgrid": False,
        },
    )
    figure.update_layout(
        margin_t=36,
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "traceorder": "normal"},
    )


def error_pairs_chart(
    label_names: Sequence[str],
    counts: Counts,
    label_ids: LabelIds,
    titles: tuple[str, str],
    *,
    selected: tuple[str, str] | None = None,
    is_dark: bool = False,
) -> go.Figure:
    """Return in how many rows two errors come together, as clickable cells.

    Args:
        label_names: C label names.
        counts: From `error_pairs`, shape (C, C).
        label_ids: The labels to draw, in this order.
        titles: What happened to the label of a row, and to that of a column.
        selected: Names of row and column of the cell with a frame.
        is_dark: Whether the page behind is dark.
    """
    part = counts[np.ix_(label_ids, label_ids)]
    grid = Grid(
        label_names=tuple(label_names[label_id] for label_id in label_ids),
        values=part.astype(np.float64),
        is_drawn=part > 0,
        text=lambda value: f"{value:,.0f}" if value else "",
        note=lambda row, column: plural(int(part[row, column]), "row"),
        titles=titles,
        selected=selected,
    )
    return grid_chart(grid, is_dark=is_dark)
