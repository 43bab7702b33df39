"""Live pictures of one run or of several: losses, validation figures, and what each step took."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import pyarrow as pa

from textcls_core.charts.baselines import (
    BaselineLine,
    far_layers,
    levels_of,
    line_layers,
    room_layer,
    split_far,
    split_far_scores,
)
from textcls_core.charts.live import (
    LABEL_WIDTH,
    LOSS_WIDTH,
    NO_WIDTH,
    NUMBER,
    NUMBER_WIDTH,
    TEXT,
    End,
    Histories,
    View,
    chart_of,
    end_labels,
    layered,
    places_for_labels,
    run_colors,
    step_axis,
    thinned,
    tips,
)
from textcls_core.charts.theme import GREY, LINE, SECOND_LINE
from textcls_core.evaluation.metric_names import METRICS, VALIDATION, metric_of, value_text
from textcls_core.runs.history import History, smoothed
from textcls_core.wording import capitalised, figure_name

FIRST_SCORE = "validation_macro_f1"
"""The validation figure that every run has."""
_MAIN_HEIGHT, _SCORES_HEIGHT, _SIDE_HEIGHT = 300, 270, 165
_SMALLEST_LOSS = 1e-6
"""Where a loss of 0 stands on a logarithmic axis."""
_CURVES = pa.schema({"run": TEXT, "step": NUMBER, "value": NUMBER, "smoothed": NUMBER})
_VALIDATIONS = pa.schema({"run": TEXT, "step": NUMBER, "held_out": NUMBER})
_KEPT = pa.schema({"run": TEXT, "step": NUMBER, "kept": NUMBER})
_NOTES = pa.schema({"note": TEXT, "step": NUMBER})


@dataclass(frozen=True, slots=True)
class StepFigure:
    """A figure of every training step, with a small chart of its own."""

    column: str
    title: str
    number_format: str
    is_noisy: bool = True
    """Whether a smoothed line helps."""


STEP_FIGURES = (
    StepFigure("learning_rate", "Learning rate", ".1e", is_noisy=False),
    StepFigure("gradient_norm", "Gradient norm", ".3~g"),
    StepFigure("tokens_per_second", "Tokens per second", ",.3~s"),
    StepFigure("useful_share", "Share of the peak", ".0%"),
    StepFigure("memory_mb", "Peak memory in MB", ",.0f", is_noisy=False),
)
"""In the order in which they are shown; older runs, and runs on a CPU, lack some."""


def loss_chart(
    histories: Histories, view: View, baselines: Sequence[BaselineLine] = ()
) -> alt.LayerChart:
    """Return training loss as smoothed lines and validation loss as dotted lines with points.

    A single run also has its training loss as it is, in a thin line. Notes of the first run stand
    as vertical lines. A baseline far above every loss is named at the upper end of the axis
    instead of drawn, because its line would squash the curves.

    Args:
        histories: Rows of one run or of several.
        view: How to draw.
        baselines: Simple models on the same validation rows.
    """
    is_single = len(histories) == 1
    training = _curves(histories, "train_loss", view)
    validation = _validations(histories, "validation_loss", view)
    losses = [row["value"] for row in training] + [row["held_out"] for row in validation]
    near, far = _loss_levels(baselines, losses, view)
    drawn = [*losses, *near.values(), *([] if view.log_scale else [0.0])]
    ends = _loss_ends(training, validation, is_single=is_single)
    beside, on_lines = _places(ends, near, drawn, _MAIN_HEIGHT, view, log_scale=view.log_scale)
    colors = run_colors(histories)
    lines = chart_of(_CURVES, training).encode(
        x=step_axis(view), tooltip=tips(histories, "value", "Training loss", ".4f")
    )
    held_out = chart_of(_VALIDATIONS, validation).encode(
        x=step_axis(view),
        y="held_out:Q",
        color=alt.value(SECOND_LINE) if is_single else colors,
        tooltip=tips(histories, "held_out", "Validation loss", ".4f"),
    )
    layers = [
        lines.mark_line(strokeWidth=2.5, clip=True).encode(
            y=_loss_axis(view), color=alt.value(LINE) if is_single else colors
        ),
        lines.mark_line(strokeWidth=1, clip=True, opacity=0.4 if is_single else 0).encode(
            y="value:Q", color=alt.value(LINE)
        ),
        held_out.mark_line(strokeDash=[4, 3], clip=True),
        held_out.mark_point(filled=True, size=55, clip=True),
        _note_lines(next(iter(histories.values())), view),
        *_lines_of_losses(near, far, on_lines, view),
        room_layer([*_loss_room(on_lines, drawn, view), *beside]),
        *end_labels(ends, beside, view),
    ]
    width = LOSS_WIDTH if is_single else LABEL_WIDTH
    return layered(layers, _MAIN_HEIGHT, "Loss by step", view, width)


def scores_chart(
    histories: Histories,
    view: View,
    metric: str,
    *,
    kept_by: Mapping[str, str],
    baselines: Sequence[BaselineLine] = (),
) -> alt.LayerChart:
    """Return one validation figure of every run, with the kept models ringed.

    A baseline far worse than every figure is named at the end of the axis instead of drawn.

    Args:
        histories: Rows of one run or of several.
        view: How to draw.
        metric: One of `score_columns`.
        kept_by: Column that decides which model is kept, by the name of the run.
        baselines: Simple models on the same rows.
    """
    values = _validations(histories, metric, view)
    scores = [row["held_out"] for row in values]
    sign = metric_of(metric).sign
    levels, far = split_far_scores(levels_of(baselines, metric), scores, sign)
    drawn = [*scores, *levels.values()]
    ends = _score_ends(metric, values, is_single=len(histories) == 1)
    beside, on_lines = _places(ends, levels, drawn, _SCORES_HEIGHT, view)
    is_share = metric_of(metric).is_share
    # as many digits as neighbouring ticks differ in, for runs between 97.0 and 97.5 %
    axis = alt.Axis(format=".2~%" if is_share else ".4~f", tickCount=5)
    scale = alt.Scale(zero=False, nice=False, padding=14)
    lines = chart_of(_VALIDATIONS, values).encode(
        x=step_axis(view),
        y=alt.Y("held_out:Q", title=None, axis=axis, scale=scale),
        color=run_colors(histories),
        tooltip=tips(histories, "held_out", metric_of(metric).title, ".2%" if is_share else ".4f"),
    )
    rings = chart_of(_KEPT, _kept(histories, metric, kept_by)).encode(
        x=step_axis(view), y="kept:Q", color=run_colors(histories)
    )
    layers = [
        lines.mark_line(strokeWidth=2, clip=True),
        lines.mark_point(filled=True, size=45, clip=True),
        rings.mark_point(size=220, strokeWidth=2, clip=True),
        *line_layers(levels, _named(metric, levels), on_lines, view),
        *far_layers(_named(metric, far), view, above=sign > 0),
        room_layer(beside),
        *end_labels(ends, beside, view),
    ]
    title = f"{capitalised(figure_name(metric))}; a ring: the kept model"
    width = NUMBER_WIDTH if len(histories) == 1 else LABEL_WIDTH
    return layered(layers, _SCORES_HEIGHT, title, view, width)


def score_columns(histories: Histories, kept_by: Mapping[str, str]) -> list[str]:
    """Return the validation figures to choose from; the loss has a chart of its own.

    Args:
        histories: Rows of one run or of several; what any of them has is shown.
        kept_by: Column that decides which model is kept, by the name of the run.
    """
    newest = [row for history in histories.values() for row in history.evaluations[-1:]]
    known = {name for row in newest for name, value in row.items() if value is not None}
    known |= {FIRST_SCORE, *kept_by.values()}
    columns = (f"{VALIDATION}{name}" for name in METRICS if name != "loss")
    return [column for column in columns if column in known]


def step_chart(histories: Histories, view: View, figure: StepFigure) -> alt.LayerChart:
    """Return a figure of every training step of every run.

    Args:
        histories: Rows of one run or of several.
        view: How to draw.
        figure: One of `STEP_FIGURES`.
    """
    axis = alt.Axis(format=figure.number_format, tickCount=4)
    bold = "smoothed:Q" if figure.is_noisy else "value:Q"
    lines = chart_of(_CURVES, _curves(histories, figure.column, view)).encode(
        x=step_axis(view),
        color=run_colors(histories),
        tooltip=tips(histories, "value", figure.title, figure.number_format),
    )
    layers = [
        lines.mark_line(strokeWidth=2, clip=True).encode(y=alt.Y(bold, title=None, axis=axis)),
        lines.mark_line(strokeWidth=1, opacity=0.4, clip=True).encode(y="value:Q"),
    ]
    return layered(layers, _SIDE_HEIGHT, figure.title, view, NO_WIDTH)


def has_figure(histories: Histories, figure: StepFigure) -> bool:
    """Tell whether any run has a figure."""
    return any(figure.column in row for history in histories.values() for row in history.training)


def _curves(histories: Histories, column: str, view: View) -> list[dict[str, Any]]:
    """Return the steps of every run with a figure and its moving average, thinned."""
    curves = []
    for name, history in histories.items():
        rows = [row for row in history.training if row.get(column) is not None]
        values = [_on_axis(column, row[column], view) for row in rows]
        averages = smoothed(values, view.smoothing)
        curves += thinned(
            [
                {"run": name, "step": row["step"], "value": value, "smoothed": average}
                for row, value, average in zip(rows, values, averages, strict=True)
            ]
        )
    return curves


def _validations(histories: Histories, column: str, view: View) -> list[dict[str, Any]]:
    """Return a validation figure of every run."""
    return [
        {"run": name, "step": row["step"], "held_out": _on_axis(column, row[column], view)}
        for name, history in histories.items()
        for row in history.evaluations
        if row.get(column) is not None
    ]


def _kept(histories: Histories, metric: str, kept_by: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return where the kept model of every run stands."""
    best = {name: history.best(kept_by[name]) for name, history in histories.items()}
    return [
        {"run": name, "step": row["step"], "kept": row[metric]}
        for name, row in best.items()
        if row is not None and row.get(metric) is not None
    ]


def _on_axis(column: str, value: float, view: View) -> float:
    """Return where a value stands; a logarithmic axis has no zero."""
    is_log = view.log_scale and column.endswith("loss")
    return max(value, _SMALLEST_LOSS) if is_log else value


def _ends(rows: Sequence[dict[str, Any]], column: str) -> list[End]:
    """Return where the line of every run ends."""
    return list({row["run"]: End(row["run"], row["step"], row[column]) for row in rows}.values())


def _loss_ends(
    training: Sequence[dict[str, Any]], validation: Sequence[dict[str, Any]], *, is_single: bool
) -> list[End]:
    """Return the ends of lines by name: the runs, or the two losses of a single run."""
    ends = _ends(training, "smoothed")
    if not is_single:
        return ends
    both = (("training", ends), ("validation", _ends(validation, "held_out")))
    return [
        End(f"{name} {end.value:.3f}", end.step, end.value) for name, found in both for end in found
    ]


def _score_ends(metric: str, values: Sequence[dict[str, Any]], *, is_single: bool) -> list[End]:
    """Return the ends of lines by name: the runs, or the newest figure of a single run."""
    ends = _ends(values, "held_out")
    return [End(_text(metric, e.value), e.step, e.value) for e in ends] if is_single else ends


def _places(
    ends: Sequence[End],
    levels: Mapping[str, float],
    drawn: Sequence[float],
    height: int,
    view: View,
    *,
    log_scale: bool = False,
) -> tuple[list[float], list[float]]:
    """Return the heights of the names of curves, and of those on the lines of simple models.

    Names of curves that end before the last step may meet those on the lines, so all are kept
    apart then. Afterwards they stand beside the chart.
    """
    place = functools.partial(places_for_labels, drawn=drawn, height=height, log_scale=log_scale)
    values, lines = [end.value for end in ends], list(levels.values())
    if any(end.step < (view.num_steps or 0) for end in ends):
        places = place(values, on_lines=lines)
        return places[: len(ends)], places[len(ends) :]
    return place(values), place((), on_lines=lines)


def _text(metric: str, value: float) -> str:
    return value_text(metric.removeprefix(VALIDATION), value)


def _loss_levels(
    baselines: Sequence[BaselineLine], losses: Sequence[float], view: View
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the losses of simple models on the axis, and those too far above the curves for it.

    A logarithmic axis has room for all.
    """
    column = "validation_loss"
    levels = {
        title: _on_axis(column, level, view)
        for title, level in levels_of(baselines, column).items()
    }
    return (levels, {}) if view.log_scale else split_far(levels, losses)


def _lines_of_losses(
    near: dict[str, float], far: dict[str, float], places: Sequence[float], view: View
) -> list[alt.Chart]:
    """Return a line with its name for every simple model, or its name alone."""
    names = [f"{title} {level:.3f}" for title, level in near.items()]
    above = [f"{title} {level:.3f}" for title, level in far.items()]
    return [*line_layers(near, names, places, view), *far_layers(above, view)]


def _loss_room(places: Sequence[float], drawn: Sequence[float], view: View) -> list[float]:
    """Return how high the axis must reach: a name stands above its line, as high as two."""
    highest = [max(places)] * 2 if places else []
    return places_for_labels(highest, drawn, _MAIN_HEIGHT, log_scale=view.log_scale)


def _named(metric: str, levels: Mapping[str, float]) -> list[str]:
    """Return what is written of every simple model."""
    return [f"{title} {_text(metric, level)}" for title, level in levels.items()]


def _note_lines(history: History, view: View) -> alt.Chart:
    """Return a vertical line where a note was made; its words appear under the pointer."""
    rows = [{"step": row["step"], "note": row["note"]} for row in history.notes]
    tooltip = [
        alt.Tooltip("step:Q", title="Step", format=",d"),
        alt.Tooltip("note:N", title="Note"),
    ]
    rules = chart_of(_NOTES, rows).mark_rule(
        color=GREY, strokeWidth=1.5, strokeDash=[2, 4], clip=True
    )
    placed: alt.Chart = rules.encode(x=step_axis(view), tooltip=tooltip)
    return placed


def _loss_axis(view: View) -> alt.Y:
    scale = alt.Scale(type="log", nice=False) if view.log_scale else alt.Scale(zero=True)
    return alt.Y("smoothed:Q", title=None, scale=scale, axis=alt.Axis(tickCount=5))
