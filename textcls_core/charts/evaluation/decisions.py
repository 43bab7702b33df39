"""Pictures of a decision rule: answers against mistakes, thresholds, costs and prediction sets."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from textcls_core.charts.evaluation.baselines import NO_BASELINES, add_baseline_risks
from textcls_core.charts.theme import (
    GREY,
    LINE,
    MAGNITUDE_RGB,
    SECOND_LINE,
    base_layout,
    plain,
    rows_height,
    spaced,
)
from textcls_core.evaluation.conformal import SetFigures
from textcls_core.evaluation.costs import RuleCost
from textcls_core.evaluation.rule_figures import RuleResult
from textcls_core.evaluation.selective import RiskCoverage
from textcls_core.evaluation.share_intervals import wilson_intervals
from textcls_core.wording import percent, plural

MAX_CLASSES = 18
"""More classes than this are not drawn: those that stand out most are."""
_MAX_POINTS = 1_000
_LEAST_ANSWERS = 10
"""The curve begins here: of fewer answers one mistake is a spike."""
_LEFT_PART = 25.0
"""Up to this share of the texts, in percent, the name of a point stands on its right."""
_STRETCH, _LEAST_LIMIT = 3.0, 0.05
"""A baseline is drawn up to so many times the run's share of wrong answers, or up to this share."""
_MAX_SIZES = 12
_NEUTRAL = 0.5
_FILL = "rgba({},{},{},0.10)".format(*MAGNITUDE_RGB)


def risk_coverage_chart(
    result: RuleResult, baselines: Mapping[str, RiskCoverage] = NO_BASELINES
) -> go.Figure:
    """Return the share of wrong answers for every share of the texts, the surest answered first.

    Args:
        result: What the rule is worth.
        baselines: The same of each baseline, by title.
    """
    curve = result.curve
    first = int(np.searchsorted(curve.coverage * len(result.predictions), _LEAST_ANSWERS))
    last = len(curve.levels) - 1
    first = min(first, last)
    kept = [first + step for step in spaced(last - first, _MAX_POINTS)] + [last]
    figure = go.Figure(
        go.Scatter(
            x=100 * curve.coverage[kept],
            y=100 * curve.risk[kept],
            mode="lines",
            line={"color": LINE, "width": 2},
            fill="tozeroy",
            fillcolor=_FILL,
            customdata=100 * curve.levels[kept],
            hovertemplate="Answering from a confidence of %{customdata:.1f} % on:<br>"
            "%{x:.1f} % of the texts, %{y:.2f} % of the answers wrong<extra></extra>",
        )
    )
    figure.update_layout(
        **base_layout(),
        xaxis={"title": "Texts that get an answer (%)", "range": [0, 103], "fixedrange": True},
        yaxis={"title": "Wrong answers (%)", "rangemode": "tozero", "fixedrange": True},
    )
    figure.update_layout(title_text=_risk_title(result))
    if result.accuracy is not None:
        _add_point(figure, result)
    limit = max(_STRETCH * float(curve.risk[-1]), _LEAST_LIMIT)
    add_baseline_risks(figure, baselines, limit)
    return figure


def _add_point(figure: go.Figure, result: RuleResult) -> None:
    """Mark where the rule stands, with the interval of its share of wrong answers."""
    assert result.accuracy is not None  # noqa: S101 - asked by the caller
    x, wrong = 100 * result.answered.value, 100 * (1 - result.accuracy.value)
    interval = result.accuracy.interval
    figure.add_scatter(
        x=[x],
        y=[wrong],
        mode="markers",
        marker={"color": SECOND_LINE, "size": 12, "line": {"width": 1, "color": "#FFFFFF"}},
        cliponaxis=False,
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [max(100 * (1 - interval.low) - wrong, 0.0)],
            "arrayminus": [max(wrong - 100 * (1 - interval.high), 0.0)],
            "color": SECOND_LINE,
        },
        hovertemplate="This rule: %{x:.1f} % of the texts, %{y:.2f} % of the answers wrong"
        "<extra></extra>",
    )
    is_left = x < _LEFT_PART
    figure.add_annotation(
        x=x, y=wrong, text="this rule", showarrow=False, yshift=16, xshift=8 if is_left else -8,
        xanchor="left" if is_left else "right", bgcolor="rgba(128,136,152,0.18)", borderpad=2,
    )  # fmt: skip


def _risk_title(result: RuleResult) -> str:
    everywhere = percent(float(result.curve.risk[-1]))
    if result.accuracy is None:
        return f"{everywhere} of all answers would be wrong; this rule gives none"
    if not result.answers.abstained.any():
        return f"{everywhere} of the answers are wrong when every text gets one"
    wrong = percent(1 - result.accuracy.value)
    if wrong == everywhere:
        return f"{wrong} of the answers are wrong, as when every text gets one"
    return f"{wrong} of the answers are wrong instead of {everywhere}"


def risk_coverage_rows(result: RuleResult) -> list[dict[str, float]]:
    """Return the curve at every twentieth of the texts, in percent."""
    curve, rows = result.curve, []
    for share in np.arange(20, 0, -1) / 20:
        place = int(np.searchsorted(curve.coverage, share - 1e-9))
        rows.append(
            {
                "texts answered (%)": round(100 * float(curve.coverage[place]), 1),
                "wrong answers (%)": round(100 * float(curve.risk[place]), 2),
                "from confidence (%)": round(100 * float(curve.levels[place]), 1),
            }
        )
    return list({row["texts answered (%)"]: row for row in rows}.values())


def thresholds_chart(
    thresholds: Sequence[float], label_names: Sequence[str], *, is_relative: bool
) -> go.Figure:
    """Return the threshold of each class as a dot beside 0.5; of many classes the farthest ones.

    Args:
        thresholds: One per class.
        label_names: C class names.
        is_relative: Whether only ratios matter, as for one label per text.
    """
    distances = [abs(threshold - _NEUTRAL) for threshold in thresholds]
    shown = sorted(range(len(distances)), key=lambda c: -distances[c])[:MAX_CLASSES]
    shown.sort(key=lambda c: thresholds[c])
    values, names = [thresholds[c] for c in shown], [plain(label_names[c]) for c in shown]
    full = [plain(label_names[c], 80) for c in shown]
    figure = go.Figure(_dots(values, "%{customdata}: %{x:.3f}", full))
    for row, value in enumerate(values):
        figure.add_shape(
            type="line", x0=_NEUTRAL, x1=value, y0=row, y1=row, line={"color": LINE, "width": 2}
        )
    top = max(1.0, *values) if not is_relative else max(values) * 1.08
    title = "Threshold (0.5 changes nothing)" if is_relative else "Given from this probability on"
    _style_rows(figure, names, title, [0, top])
    figure.add_vline(x=_NEUTRAL, line={"color": GREY, "dash": "dot", "width": 1})
    figure.update_layout(title_text=_thresholds_title(thresholds, is_relative=is_relative))
    return figure


def _thresholds_title(thresholds: Sequence[float], *, is_relative: bool) -> str:
    easier = sum(threshold < _NEUTRAL - 1e-9 for threshold in thresholds)
    harder = sum(threshold > _NEUTRAL + 1e-9 for threshold in thresholds)
    if not easier + harder:
        return "All thresholds are equal: others would not help"
    if is_relative:
        return f"{plural(easier, 'class', 'classes')} answered more readily, {harder} less"
    return f"{plural(easier, 'label')} given more readily than at 0.5, {harder} less"


def costs_chart(costs: Sequence[RuleCost]) -> go.Figure:
    """Return the mean cost of a text under each rule, with 95 % intervals, the first on top."""
    means = [cost.mean for cost in costs]
    names = [plain(cost.name, 40) for cost in costs]
    texts = [
        f"{name}: {cost.mean:.4f} ({cost.interval.low:.4f} to {cost.interval.high:.4f})<br>"
        f"answers {percent(cost.answered)} of the texts"
        for name, cost in zip(names, costs, strict=True)
    ]
    ends = np.array([(cost.interval.low, cost.interval.high) for cost in costs])
    dots = _dots(means, "%{customdata}", texts, ends)
    dots.marker.color = [GREY, *[LINE] * (len(costs) - 1)]
    figure = go.Figure(dots)
    _style_rows(figure, names, "Mean cost of a text", [0, 1.08 * float(ends.max()) or 1.0])
    figure.update_layout(title_text=_cost_finding(costs))
    return figure


def _cost_finding(costs: Sequence[RuleCost]) -> str:
    best = min(costs, key=lambda cost: cost.mean)
    if all(math.isclose(cost.mean, best.mean, abs_tol=1e-9) for cost in costs):
        return f"All rules cost the same here: {best.mean:.3g}"
    return f"Cheapest: {plain(best.name, 40).lower()}, {best.mean:.3g}"


def cost_rows(costs: Sequence[RuleCost]) -> list[dict[str, object]]:
    """Return the numbers of the chart, with the difference to the first rule."""
    return [
        {
            "rule": cost.name,
            "mean cost": round(cost.mean, 4),
            "95 % interval": f"{cost.interval.low:.4f} to {cost.interval.high:.4f}",
            "saved": round(cost.saved, 4),
            "95 % interval of that": f"{cost.saved_interval.low:.4f} to "
            f"{cost.saved_interval.high:.4f}",
            "answers (%)": round(100 * cost.answered, 1),
        }
        for cost in costs
    ]


def set_sizes_chart(sets: SetFigures) -> go.Figure:
    """Return the number of texts by how many classes their prediction set has."""
    counts = sets.size_counts
    last = int(np.flatnonzero(counts).max())
    shown = counts[: _MAX_SIZES + 1].astype(int).tolist()[: last + 1]
    names = [str(size) for size in range(len(shown))]
    if last > _MAX_SIZES:
        shown[-1] = int(counts[_MAX_SIZES:].sum())
        names[-1] = f"{_MAX_SIZES}+"
    figure = go.Figure(
        go.Bar(
            x=names,
            y=shown,
            width=0.6,
            marker={"color": LINE},
            text=[f"{count:,}" if count else "" for count in shown],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{x} classes: %{y:,} texts<extra></extra>",
        )
    )
    figure.update_layout(
        **base_layout(),
        xaxis={
            "title": "Classes in the set",
            "type": "category",
            "fixedrange": True,
            "tickangle": 0,
        },
        yaxis={"title": "Texts", "range": [0, 1.2 * max(shown)], "fixedrange": True},
    )
    alone = percent(float(counts[1] / counts.sum())) if len(counts) > 1 else percent(0)
    figure.update_layout(title_text=f"{alone} of the texts have one class in their set")
    return figure


def class_coverage_chart(
    sets: SetFigures, label_names: Sequence[str], coverage: float
) -> go.Figure:
    """Return how often the sets of each true class hold it, with 95 % Wilson intervals.

    Args:
        sets: Measured prediction sets; of many classes the worst ones are drawn.
        label_names: C class names.
        coverage: The share that was chosen.
    """
    known = [c for c in range(len(label_names)) if sets.support[c]]
    shown = sorted(known, key=lambda c: sets.class_coverage[c])[:MAX_CLASSES]
    values = 100 * sets.class_coverage[shown]
    ends = 100 * np.stack(wilson_intervals(sets.class_hits[shown], sets.support[shown]), axis=1)
    texts = [f"{plain(label_names[c], 80)} ({plural(int(sets.support[c]), 'row')})" for c in shown]
    figure = go.Figure(_dots(values.tolist(), "%{customdata}: %{x:.1f} %", texts, ends))
    names = [f"{plain(label_names[c], 22)} · {int(sets.support[c]):,}" for c in shown]
    low = min(float(ends.min()), 100 * coverage)
    _style_rows(figure, names, "True class in the set (%)", [max(low - 5, -2), 102])
    figure.add_vline(x=100 * coverage, line={"color": GREY, "dash": "dot", "width": 1})
    below = sum(float(sets.class_coverage[c]) < coverage for c in known)
    figure.update_layout(
        title_text=f"{below} of {plural(len(known), 'class', 'classes')} below the chosen "
        f"{percent(coverage, 0)}"
    )
    return figure


def class_coverage_rows(sets: SetFigures, label_names: Sequence[str]) -> list[dict[str, object]]:
    """Return the coverage of each class as records, in percent; empty where a class has no row."""
    return [
        {"class": name, "rows": int(rows), "covered (%)": None if np.isnan(share) else 100 * share}
        for name, share, rows in zip(
            label_names, sets.class_coverage.tolist(), sets.support, strict=True
        )
    ]


def _dots(
    values: Sequence[float], hover: str, names: Sequence[str], ends: np.ndarray | None = None
) -> go.Scatter:
    """Return a dot per row with an interval; `hover` says what one means."""
    dots = go.Scatter(
        x=list(values),
        y=list(range(len(values))),
        mode="markers",
        marker={"color": LINE, "size": 9},
        customdata=list(names),
        hovertemplate=f"{hover}<extra></extra>",
    )
    if ends is not None:
        dots.error_x = {
            "type": "data",
            "symmetric": False,
            "array": np.maximum(ends[:, 1] - values, 0),
            "arrayminus": np.maximum(values - ends[:, 0], 0),
            "thickness": 1.5,
            "color": GREY,
        }
    return dots


def _style_rows(
    figure: go.Figure, names: Sequence[str], title: str, between: Sequence[float]
) -> None:
    """Give a chart one row per name, the first on top."""
    figure.update_layout(
        **base_layout(rows_height(len(names), least=220)),
        xaxis={"title": title, "range": list(between), "fixedrange": True},
        yaxis={
            "tickvals": list(range(len(names))),
            "ticktext": list(names),
            "range": [len(names) - 0.4, -0.6],
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
        },
    )
