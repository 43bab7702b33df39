"""Tests of the scores of the trust meter as points with intervals."""

import pytest

from textcls_core.charts.explanation_trust import trust_chart
from textcls_core.explanation.trust_report import Judgement, TrustReport


def judgement(method, score, interval):
    return Judgement(
        method=method,
        comprehensiveness=score,
        sufficiency=0.0,
        score=score,
        interval=interval,
        beats_random=1.0,
        like_untrained=None,
    )


def report(*judgements, num_texts=20):
    agreement = ((1.0,) * len(judgements),) * len(judgements)
    return TrustReport(
        num_texts=num_texts, random_score=0.0625, judgements=judgements, agreement=agreement
    )


def test_methods_are_points_with_their_intervals():
    found = report(judgement("lime", 0.5, (0.25, 1.0)), judgement("occlusion", 0.25, (0.0, 0.375)))

    figure = trust_chart(found)

    points = figure.data[0]
    assert list(points.x) == [0.5, 0.25]
    assert list(points.error_x.array) == [0.5, 0.125]
    assert list(points.error_x.arrayminus) == [0.25, 0.25]
    assert points.text[0] == "LIME: +0.500 (+0.250 to +1.000)<br>20 texts"
    assert figure.layout.yaxis.ticktext[0] == "LIME"
    assert figure.layout.yaxis.autorange == "reversed"


def test_chance_is_a_line():
    (line,) = trust_chart(report(judgement("lime", 0.5, (0.25, 1.0)))).layout.shapes

    assert line.x0 == line.x1 == pytest.approx(0.0625)


def test_one_text_has_no_interval():
    points = trust_chart(report(judgement("lime", 0.5, None), num_texts=1)).data[0]

    assert [*points.error_x.array, *points.error_x.arrayminus] == [0, 0]
    assert points.text[0] == "LIME: +0.500<br>1 text"
