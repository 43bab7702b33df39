"""Pictures of a data set: classes by split, lengths with the cut-off."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from textcls_core.arrays import Lengths
from textcls_core.charts.theme import LINE, base_layout, class_color, plain, rows_height, spaced
from textcls_core.wording import percent

_SPLIT_OPACITY = {"train": 1.0, "validation": 0.6, "test": 0.32}
_NUM_BINS = 60
_MAX_TITLED = 26
"""Characters of two class names that fit into a title on a narrow screen."""
_MAX_TICKS = 60
"""Class names that fit under one another at the largest height of the chart."""


def class_counts_chart(
    label_names: Sequence[str], counts: Mapping[str, Sequence[int]]
) -> go.Figure:
    """Return one bar per class, cut into splits.

    Args:
        label_names: C class names.
        counts: Rows per class for each split, C numbers each.
    """
    names = [plain(name) for name in label_names]
    ticks = spaced(len(names), _MAX_TICKS)
    figure = go.Figure()
    for split, values in counts.items():
        figure.add_bar(
            orientation="h",
            name=split,
            y=list(range(len(names))),
            x=list(values),
            marker={
                "color": [class_color(i) for i in range(len(names))],
                "opacity": _SPLIT_OPACITY[split],
            },
            customdata=[[plain(name, 200), split] for name in label_names],
            hovertemplate="%{customdata[0]}, %{customdata[1]}: %{x:,} rows<extra></extra>",
        )
    figure.update_layout(
        **base_layout(rows_height(len(names))),
        barmode="stack",
        bargap=0.25,
        xaxis={"title": "Rows: train, validation, test", "fixedrange": True},
        yaxis={
            "tickvals": ticks,
            "ticktext": [names[tick] for tick in ticks],
            "autorange": "reversed",
            "fixedrange": True,
        },
    )
    figure.update_layout(title_text=_balance_title(label_names, counts))
    return figure


def new_split_chart(label_names: Sequence[str], counts: Mapping[str, Sequence[int]]) -> go.Figure:
    """Return what `class_counts_chart` shows, titled as the outcome of a split.

    Args:
        label_names: C class names.
        counts: Rows per class for each split, C numbers each.
    """
    sums = {split: sum(values) for split, values in counts.items()}
    total = max(sum(sums.values()), 1)
    shares = ", ".join(f"{split} {percent(count / total)}" for split, count in sums.items())
    figure = class_counts_chart(label_names, counts)
    figure.update_layout(title_text=f"New split: {shares}")
    return figure


def _balance_title(label_names: Sequence[str], counts: Mapping[str, Sequence[int]]) -> str:
    if not label_names:
        return "No row has a label"
    totals = np.sum([list(values) for values in counts.values()], axis=0)
    largest, smallest = int(totals.argmax()), int(totals.argmin())
    ratio = totals[largest] / max(totals[smallest], 1)
    if ratio < 1.5:
        return "The classes are of similar size"
    names = label_names[largest], label_names[smallest]
    if sum(map(len, names)) > _MAX_TITLED:
        return f"The largest class has {ratio:.1f} times the rows of the smallest"
    return f"{plain(names[0])} is {ratio:.1f} times as frequent as {plain(names[1])}"


def lengths_chart(lengths: Lengths, unit: str, cut_off: int | None = None) -> go.Figure:
    """Return how long the texts are; the last bar holds the longest 1 %.

    Args:
        lengths: Length per text, shape (N,).
        unit: What is counted, for the axis: `words` or `tokens`.
        cut_off: Draws the line beyond which a model sees nothing.
    """
    end = float(max(np.quantile(lengths, 0.99), cut_off or 0, 2)) * 1.05
    counts, edges = np.histogram(np.minimum(lengths, end), bins=_NUM_BINS, range=(0, end))
    figure = go.Figure(
        go.Bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=counts,
            width=np.diff(edges) * 0.92,
            marker={"color": LINE},
            customdata=np.stack([edges[:-1], edges[1:]], axis=1),
            hovertemplate=f"%{{customdata[0]:.0f}} to %{{customdata[1]:.0f}} {unit}: "
            "%{y:,} texts<extra></extra>",
        )
    )
    median = int(np.median(lengths))
    figure.update_layout(
        **base_layout(),
        xaxis={"title": f"Length ({unit})", "fixedrange": True, "range": [0, end]},
        yaxis={"title": "Texts", "fixedrange": True, "rangemode": "tozero"},
    )
    figure.update_layout(title_text=f"Half of the texts have at most {median:,} {unit}")
    if cut_off is not None:
        figure.add_vline(
            x=cut_off,
            line={"dash": "dash", "width": 2, "color": "#C8401E"},
            annotation={"text": f"cut at {cut_off:,}", "yanchor": "bottom"},
            annotation_position="top left" if cut_off > 0.8 * end else "top",
        )
    return figure
