"""Tests of the report of the trust meter: what it says, and that it is read back or made again."""

import pytest

from textcls_core.explanation.trust_report import Judgement, TrustReport


def judgement(method, score, interval=(0.0, 1.0), **more):
    return Judgement(
        method=method,
        comprehensiveness=score + 0.02,
        sufficiency=0.02,
        score=score,
        interval=interval,
        **{"beats_random": 1.0, "like_untrained": None, **more},
    )


def report(*judgements, random_score=0.05, num_texts=20):
    size = len(judgements)
    return TrustReport(
        num_texts=num_texts,
        random_score=random_score,
        judgements=judgements,
        agreement=((1.0,) * size,) * size,
    )


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (
            report(
                judgement("integrated_gradients", 0.6, (0.5, 0.7)),
                judgement("occlusion", 0.45, (0.3, 0.6), lag=(-0.01, 0.3)),
                judgement("lime", 0.58, (0.5, 0.7), lag=(0.01, 0.03)),
                judgement("attention_mean", 0.1, (0.0, 0.2), lag=(0.4, 0.6)),
            ),
            "Believe Integrated gradients first here: taking out the words it names costs the "
            "answer 62 points of probability, keeping only them 2. Leave out words cannot be told "
            "from it on so few texts.",
        ),
        (
            report(judgement("attention_mean", 0.6, (0.5, 0.7), like_untrained=0.98)),
            "Believe Attention, mean of all heads first here: taking out the words it names costs "
            "the answer 62 points of probability, keeping only them 2, but it says nearly the same "
            "of an untrained model.",
        ),
        (
            report(judgement("occlusion", 0.6, (0.5, 0.7), like_untrained=0.7)),
            "Believe Leave out words first here: taking out the words it names costs the answer "
            "62 points of probability, keeping only them 2.",
        ),
        (
            report(judgement("occlusion", 0.1, (0.01, 0.2))),
            "On 20 texts no method is clearly better than a random order of the words. Do not "
            "rely on any of them here.",
        ),
        (
            report(judgement("occlusion", 0.4, None), num_texts=1),
            "On this text Leave out words names the words that matter most. One text says little: "
            "measure a sample.",
        ),
        (
            report(
                judgement("occlusion", 0.401, None),
                judgement("lime", 0.398, None),
                judgement("attention_mean", 0.39, None),
                num_texts=1,
            ),
            "On this text Leave out words names the words that matter most, level with LIME. One "
            "text says little: measure a sample.",
        ),
        (
            report(judgement("occlusion", 0.0, None), num_texts=1),
            "On this text no method is better than a random order of the words.",
        ),
    ],
)
def test_verdict_says_what_to_believe(made, sentence):
    assert made.verdict == sentence


def test_report_is_read_back(tmp_path):
    made = report(judgement("occlusion", 0.4))

    made.save(tmp_path / "trust" / "a.json")

    assert TrustReport.load(tmp_path / "trust" / "a.json") == made


@pytest.mark.parametrize("content", [None, "", "{", '{"num_texts": 1}', "[]"])
def test_damaged_report_counts_as_none(tmp_path, content):
    file = tmp_path / "a.json"
    if content is not None:
        file.write_text(content)

    assert TrustReport.load(file) is None
