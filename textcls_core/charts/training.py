"""Live pictures of a run, as Altair charts: they keep their place in the page between updates."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import pyarrow as pa

from textcls_core.charts.theme import LINE, SECOND_LINE, spaced
from textcls_core.runs.history import History, smoothed

MAX_POINTS = 1_000
"""A loss curve is thinned to this many points before it is sent to the browser."""
_MAIN_HEIGHT = 300
_SIDE_HEIGHT = 220


def loss_chart(history: History, num_steps: int | None, smoothing: float = 0.9) -> alt.LayerChart:
    """Return training loss (thin, smoothed bold) and validation loss (dotted, with points).

    Args:
        history: Metric rows so far.
        num_steps: Steps of the whole run, for a fixed axis; None while unknown.
        smoothing: Share of the past in the bold line, in [0, 1).
    """
    rows = history.training
    averages = smoothed([row["train_loss"] for row in rows], smoothing)
    training = _thin(
        [
            {"step": row["step"], "loss": row["train_loss"], "smoothed": average}
            for row, average in zip(rows, averages, strict=True)
        ]
    )
    validation = [
        {"step": row["step"], "loss": row["validation_loss"]} for row in history.evaluations
    ]
    base = _chart(training).encode(x=_step_axis(num_steps))
    raw = base.mark_line(color=LINE, opacity=0.3, strokeWidth=1).encode(y=_axis("loss", "Loss"))
    bold = base.mark_line(color=LINE, strokeWidth=2.5).encode(
        y="smoothed:Q",
        tooltip=[_tip("step", "Step", ",d"), _tip("loss", "Training loss", ".4f")],
    )
    held_out = _chart(validation).encode(
        x=_step_axis(num_steps),
        y="loss:Q",
        tooltip=[_tip("step", "Step", ",d"), _tip("loss", "Validation loss", ".4f")],
    )
    line = held_out.mark_line(color=SECOND_LINE, strokeDash=[4, 3])
    points = held_out.mark_point(color=SECOND_LINE, filled=True, size=60)
    layers = [raw, bold, line, points]
    return alt.LayerChart(layer=layers, height=_MAIN_HEIGHT, title=_loss_title(history))


def _loss_title(history: History) -> str:
    train, validation = history.latest("train_loss"), history.latest("validation_loss")
    if train is None:
        return "Waiting for the first step"
    shown = "" if validation is None else f", validation {validation:.3f} (dotted)"
    return f"Loss: training {train:.3f} (line){shown}"


def scores_chart(history: History, num_steps: int | None, metric: str) -> alt.LayerChart:
    """Return validation accuracy and macro-F1 with the kept model marked.

    Args:
        history: Metric rows so far.
        num_steps: Steps of the whole run.
        metric: Column that decides which model is kept.
    """
    names = {"validation_accuracy": "accuracy", "validation_macro_f1": "macro-F1"}
    values = [
        {"step": row["step"], "score": row[column], "name": name}
        for row in history.evaluations
        for column, name in names.items()
    ]
    best = history.best(metric)
    marked = [value for value in values if best is not None and value["step"] == best["step"]]
    colors = alt.Scale(domain=list(names.values()), range=[LINE, SECOND_LINE])
    encoding = {
        "x": _step_axis(num_steps),
        "y": alt.Y(
            "score:Q", title="Share", axis=alt.Axis(format="%"), scale=alt.Scale(zero=False)
        ),
        "color": alt.Color("name:N", title=None, scale=colors, legend=alt.Legend(orient="top")),
        "tooltip": [
            _tip("step", "Step", ",d"),
            alt.Tooltip("name:N", title="Figure"),
            _tip("score", "Share", ".2%"),
        ],
    }
    line = _chart(values).mark_line(point=True).encode(**encoding)
    kept = _chart(marked).mark_point(size=220, strokeWidth=2).encode(**encoding)
    title = "Validation; the kept model is circled"
    return alt.LayerChart(layer=[line, kept], height=_SIDE_HEIGHT, title=title)


def learning_rate_chart(history: History, num_steps: int | None) -> alt.Chart:
    """Return the learning rate of every step."""
    values = _thin(
        [{"step": row["step"], "rate": row["learning_rate"]} for row in history.training]
    )
    chart: alt.Chart = _chart(values).mark_line(color=LINE)
    chart = chart.encode(
        x=_step_axis(num_steps),
        y=alt.Y("rate:Q", title="Learning rate", axis=alt.Axis(format=".1e", tickCount=4)),
        tooltip=[_tip("step", "Step", ",d"), _tip("rate", "Learning rate", ".2e")],
    )
    return chart.properties(height=_SIDE_HEIGHT, title="Learning rate: warm-up, then decay")


def _chart(rows: Sequence[dict[str, Any]]) -> alt.Chart:
    # As an Arrow table the rows skip Altair's check of every value, and travel as columns.
    return alt.Chart(pa.Table.from_pylist(list(rows)))


def _thin(rows: Sequence[dict[str, float]]) -> list[dict[str, float]]:
    """Return at most `MAX_POINTS` rows, evenly spaced, always with the last one."""
    if len(rows) <= MAX_POINTS:
        return list(rows)
    return [rows[position] for position in spaced(len(rows) - 1, MAX_POINTS - 1)] + [rows[-1]]


def _step_axis(num_steps: int | None) -> alt.X:
    scale = alt.Scale(domain=[0, num_steps], nice=False) if num_steps else alt.Scale()
    axis = alt.Axis(format=",d", tickCount=6, grid=False)
    return alt.X("step:Q", title="Step", scale=scale, axis=axis)


def _axis(name: str, title: str) -> alt.Y:
    return alt.Y(f"{name}:Q", title=title, scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=5))


def _tip(name: str, title: str, number_format: str) -> alt.Tooltip:
    return alt.Tooltip(f"{name}:Q", title=title, format=number_format)
