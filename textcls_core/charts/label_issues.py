"""Pictures of label issues: which classes are confused in the labels."""

from collections.abc import Sequence

import plotly.graph_objects as go

from textcls_core.charts.theme import LINE, base_layout, literal, plain, rows_height

_MAX_PAIRS = 8


def noise_pairs_chart(pairs: Sequence[tuple[str, str, float, float]]) -> go.Figure:
    """Return one bar per pair of classes: estimated rows with the first that are the second.

    Args:
        pairs: Given label, likely label, estimated rows, share of the rows with the given label;
            the largest first.
    """
    shown = pairs[:_MAX_PAIRS]
    names = [f"{plain(given, 18)} → {plain(likely, 18)}" for given, likely, *_ in shown]
    figure = go.Figure(
        go.Bar(
            orientation="h",
            y=list(range(len(shown))),
            x=[rows for *_, rows, _ in shown],
            marker={"color": LINE},
            text=[f"{rows:.0f}" for *_, rows, _ in shown],
            textposition="auto",
            textangle=0,
            customdata=[
                [literal(given), literal(likely), 100 * share] for given, likely, _, share in shown
            ],
            hovertemplate="labelled %{customdata[0]}, likely %{customdata[1]}: %{x:.1f} rows, "
            "%{customdata[2]:.1f} % of that label<extra></extra>",
        )
    )
    figure.update_layout(
        **base_layout(rows_height(len(shown))),
        xaxis={"title": "Estimated rows", "fixedrange": True, "rangemode": "tozero"},
        yaxis={
            "tickvals": list(range(len(shown))),
            "ticktext": names,
            "autorange": "reversed",
            "fixedrange": True,
        },
        bargap=0.25,
    )
    figure.update_layout(title_text=_title(shown))
    return figure


def _title(pairs: Sequence[tuple[str, str, float, float]]) -> str:
    if not pairs:
        return "No classes are confused in the labels"
    given, likely, *_ = pairs[0]
    return f"Most often {plain(likely, 22)} is labelled {plain(given, 22)}"
