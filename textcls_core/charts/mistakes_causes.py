"""Pictures of the causes of mistakes: how many of each, and what each action could mend."""

from collections.abc import Sequence

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
        textposition="auto",
        textangle=0,
        customdata=[[name, literal(title)] for name, title, _ in counts],
        hovertemplate="%{customdata[1]}: %{x:,} mistakes<extra></extra>",
        cliponaxis=False,
    )
    title = "No cause was found"
    if counts:
        title = f"Most often: {plain(counts[0][1], 40)}"
    figure.update_layout(title_text=title)
    return figure


def actions_chart(counts: Sequence[tuple[str, int, int]]) -> go.Figure:
    """Return one bar per action, cut into what only it and later ones could mend and the rest.

    Args:
        counts: Title of each action, mistakes it could mend at most, and how many of these no
            action before it could mend; the one that could mend most first.
    """
    figure = _bars([title for title, *_ in counts])
    places = list(range(len(counts)))
    parts = (
        ("counted here", [new for *_, new in counts], LINE),
        ("counted above already", [most - new for _, most, new in counts], GREY),
    )
    for name, values, color in parts:
        figure.add_bar(
            orientation="h",
            name=name,
            y=places,
            x=values,
            marker={"color": color, "pattern": {"shape": "/" if color == GREY else ""}},
            customdata=[literal(title) for title, *_ in counts],
            hovertemplate=f"%{{customdata}}: %{{x:,}} mistakes {name}<extra></extra>",
        )
    for place, (_, most, _) in enumerate(counts):
        figure.add_annotation(
            x=most, y=place, text=f"up to {most:,}", showarrow=False, xanchor="left", xshift=4
        )
    total = sum(new for *_, new in counts)
    figure.update_layout(
        barmode="stack",
        showlegend=True,
        legend={"orientation": "h", "y": -0.18, "x": 0, "traceorder": "normal"},
        title_text=f"Together up to {plural(total, 'mistake')}",
    )
    most_of_all = max((most for _, most, _ in counts), default=1)
    figure.update_xaxes(range=[0, most_of_all * 1.25])
    return figure


def _bars(titles: Sequence[str]) -> go.Figure:
    """Return an empty figure with a name for each bar, the first on top."""
    figure = go.Figure()
    figure.update_layout(
        **base_layout(rows_height(len(titles), least=220)),
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
