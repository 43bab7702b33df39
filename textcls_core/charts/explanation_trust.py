"""How faithful every explanation is: a point per method with its interval, beside chance."""

import plotly.graph_objects as go

from textcls_core.charts.theme import GREY, LINE, base_layout, rows_height
from textcls_core.explanation.methods import JUDGED_TITLES
from textcls_core.explanation.trust_report import Judgement, TrustReport
from textcls_core.wording import plural


def trust_chart(report: TrustReport) -> go.Figure:
    """Return the score of every method with its 95 % interval, the most faithful on top.

    Args:
        report: Of a sample, or of one text, whose scores have no interval.
    """
    judgements = report.judgements
    figure = go.Figure(_points(report))
    figure.add_vline(
        report.random_score,
        line={"color": GREY, "width": 1.5, "dash": "dash"},
        annotation={"text": f"random orders {report.random_score:+.3f}", "yanchor": "bottom"},
        annotation_position="top",
    )
    figure.update_layout(
        **base_layout(rows_height(len(judgements)) + 40),
        xaxis={
            "title": "score, in probability",
            "zeroline": False,
            "fixedrange": True,
        },
        yaxis={
            "tickvals": list(range(len(judgements))),
            "ticktext": [JUDGED_TITLES[found.method] for found in judgements],
            "autorange": "reversed",
            "fixedrange": True,
            "zeroline": False,
        },
    )
    figure.update_layout(margin_t=28)
    return figure


def _points(report: TrustReport) -> go.Scatter:
    ends = [_ends(found) for found in report.judgements]
    scores = [found.score for found in report.judgements]
    return go.Scatter(
        mode="markers",
        y=list(range(len(scores))),
        x=scores,
        marker={"color": LINE, "size": 9},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [high - score for score, (_, high) in zip(scores, ends, strict=True)],
            "arrayminus": [score - low for score, (low, _) in zip(scores, ends, strict=True)],
            "color": LINE,
            "thickness": 1.5,
            "width": 4,
        },
        text=[_hover(found, report.num_texts) for found in report.judgements],
        hovertemplate="%{text}<extra></extra>",
    )


def _ends(found: Judgement) -> tuple[float, float]:
    """Return where an interval begins and ends; it is the score alone without one."""
    return (found.score, found.score) if found.interval is None else found.interval


def _hover(found: Judgement, num_texts: int) -> str:
    low, high = _ends(found)
    span = "" if found.interval is None else f" ({low:+.3f} to {high:+.3f})"
    said = f"{JUDGED_TITLES[found.method]}: {found.score:+.3f}{span}"
    return f"{said}<br>{plural(num_texts, 'text')}"
