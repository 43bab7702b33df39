"""Pictures of the causes of mistakes: how many of each, and what each action could mend."""

from collections.abc import Iterable, Sequence

import plotly.graph_objects as go

from textcls_core.charts.theme import GREY, LINE, base_layout, literal, plain, rows_height
from textcls_core.wording import percent, plural

_NAME_CHARACTERS = 34


def causes_chart(counts: Sequence[tuple[str, str, int]], num_mistakes: int) -> go.Figure:
    """Return one bar per cause; its `customdata` names the cause, for a click.

    Args:
        counts: Name, title and mistakes of each cause, the largest number first.
        num_mistakes: All mistakes of the split, with a cause or without.
    """
    figure = _bars([title for _, title, _ in counts])
    figure.add_bar(
        orientation="h",
        y=list(range(len(counts))),
        x=[count for *_, count in counts],
        marker={"color": LINE},
        text=[_with_share(count, num_mistakes) for *_, count in counts],
        textposition="outside",
        textangle=0,
        customdata=[[name, literal(title)] for name, title, _ in counts],
        hovertemplate="%{customdata[1]}: %{x:,} mistakes<extra></extra>",
        cliponaxis=False,
    )
    title = "No cause was found"
    if counts:
        title = f"Most often: {plain(counts[0][1], 40)}"
    figure.update_layout(title_text=title, xaxis_range=[0, _room(count for *_, count in counts)])
    return figure


def actions_chart(counts: Sequence[tuple[str, int, int]]) -> go.Figure:
    """Return one bar per action, cut into mistakes that it is the first choice for and the rest.

    Args:
        counts: Title of each action, mistakes it could mend at most, and how many of these have it
            as first choice.
    """
    figure = _bars([title for title, *_ in counts])
    parts = (
        ("first choice", [first for *_, first in counts], LINE, ""),
        ("another action comes first", [most - first for _, most, first in counts], GREY, "/"),
    )
    for name, values, color, shape in parts:
        figure.add_bar(
            orientation="h",
            name=name,
            y=list(range(len(counts))),
            x=values,
            marker={"color": color, "pattern": {"shape": shape}},
            customdata=[literal(title) for title, *_ in counts],
            hovertemplate=f"%{{customdata}}, {name}: %{{x:,}} mistakes<extra></extra>",
        )
    for place, (_, most, _) in enumerate(counts):
        figure.add_annotation(
            x=most, y=place, text=f"up to {most:,}", showarrow=False, xanchor="left", xshift=4
        )
    total = sum(first for *_, first in counts)
    figure.update_layout(
        barmode="stack",
        showlegend=True,
        legend={"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        title_text=f"Together up to {plural(total, 'mistake')}",
        margin_t=64,
        xaxis_range=[0, _room(most for _, most, _ in counts)],
    )
    return figure


def _room(values: Iterable[int]) -> float:
    """Return where an axis ends that has room for a number behind its longest bar."""
    return 1.3 * max(values, default=1)


def _bars(titles: Sequence[str]) -> go.Figure:
    """Return an empty figure with a name for each bar, the first on top."""
    figure = go.Figure()
    figure.update_layout(
        **base_layout(rows_height(len(titles) + 1, least=240)),
        xaxis={"title": "Mistakes", "fixedrange": True, "rangemode": "tozero"},
        yaxis={
            "tickvals": list(range(len(titles))),
            "ticktext": [plain(title, _NAME_CHARACTERS) for title in titles],
            "autorange": "reversed",
            "fixedrange": True,
        },
        bargap=0.3,
    )
    return figure


def _with_share(count: int, total: int) -> str:
    return f"{count:,} ({percent(count / max(total, 1), 0)})"
