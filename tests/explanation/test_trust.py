"""Tests of the trust meter: chance is chance, and a planted giveaway is found."""

import numpy as np
import pytest

from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import InvalidArgumentError
from textcls_core.explanation import trust
from textcls_core.explanation.attribution import Question
from textcls_core.explanation.attributions import attribute_many
from textcls_core.explanation.faithfulness import SHARES
from textcls_core.explanation.methods import JUDGED, METHODS
from textcls_core.explanation.trust import Subjects, measure_trust, rank_correlation, rank_words
from textcls_core.explanation.trust_report import NUM_EVALUATIONS
from textcls_core.explanation.words import read_text
from textcls_core.training.launch import start_run, wait

TEXTS = [
    "the old cat was here and we all looked at it",
    "this soup came in the morning",
    "a small storm, snow and wind",
]
NEUTRAL = ["the", "old", "a", "small", "this", "was", "here", "came", "in", "morning", "and", "we"]
GIVEAWAYS = {"animals": "cat", "food": "soup"}
"""Texts without either are about the weather."""


@pytest.fixture(scope="module")
def subjects(saved):
    return {family: Subjects.load(saved[family]) for family in ("bert", "gpt2")}


@pytest.mark.parametrize("family", ["bert", "gpt2"])
def test_every_method_is_judged_the_most_faithful_first(subjects, family):
    report = measure_trust(subjects[family], TEXTS)

    assert sorted(found.method for found in report.judgements) == sorted(JUDGED)
    scores = [round(found.score, 2) for found in report.judgements]
    assert scores == sorted(scores, reverse=True)
    assert report.num_texts == 3
    for found in report.judgements:
        assert found.interval[0] <= found.score <= found.interval[1]
        assert found.score == pytest.approx(found.comprehensiveness - found.sufficiency)


def test_a_method_agrees_with_itself(subjects):
    report = measure_trust(subjects["bert"], TEXTS)

    agreement = np.array(report.agreement, dtype=float)
    own = np.diag(agreement)
    assert own[np.isfinite(own)] == pytest.approx(1)
    np.testing.assert_allclose(agreement, agreement.T, equal_nan=True)


def test_random_orders_score_at_chance(subjects, generator, monkeypatch):
    def at_random(_classifier, read, *_):
        return {method: generator.random(len(read.words)) for method in JUDGED}

    monkeypatch.setattr(trust, "rank_words", at_random)
    texts = [" ".join(generator.choice(NEUTRAL, 9)) for _ in range(40)]

    report = measure_trust(subjects["bert"], texts)

    low, high = np.transpose([found.interval for found in report.judgements])
    is_inside = (low <= report.random_score) & (report.random_score <= high)
    assert is_inside.mean() >= 0.7  # 0.95 are expected of many; chance varies a little itself
    scores = np.array([found.score for found in report.judgements])
    assert abs(scores.mean() - report.random_score) < np.mean(high - low) / 4
    assert np.mean([found.beats_random for found in report.judgements]) == pytest.approx(
        0.5, abs=0.1
    )


def test_methods_are_compared_on_the_same_texts(subjects):
    report = measure_trust(subjects["bert"], TEXTS)

    first, *others = report.judgements
    assert first.lag is None
    for other in others:
        assert other.lag[0] <= first.score - other.score <= other.lag[1]
    singles = [measure_trust(subjects["bert"], [text]) for text in TEXTS]
    last = others[-1]
    behind = [
        next(found.score for found in single.judgements if found.method == first.method)
        - next(found.score for found in single.judgements if found.method == last.method)
        for single in singles
    ]
    assert min(behind) - 1e-5 <= last.lag[0] <= last.lag[1] <= max(behind) + 1e-5


def test_the_same_texts_give_the_same_report(subjects):
    assert measure_trust(subjects["bert"], TEXTS) == measure_trust(subjects["bert"], TEXTS)


def test_one_text_has_no_interval_and_says_how_far_it_is(subjects):
    told = []

    report = measure_trust(subjects["bert"], TEXTS[:1], progress=lambda *said: told.append(said))

    assert report.judgements[0].interval is None
    assert [said[:2] for said in told] == [(0, 3), (1, 3), (2, 3)]


def test_figures_are_the_means_over_the_shares(subjects):
    report = measure_trust(subjects["bert"], TEXTS)

    assert report.shares == SHARES
    for found in report.judgements:
        assert found.comprehensiveness == pytest.approx(np.mean(found.taken_out))
        assert found.sufficiency == pytest.approx(np.mean(found.kept))


def test_words_are_ranked_by_what_each_method_says_of_them(subjects):
    classifier = subjects["bert"].trained
    read = read_text(classifier, TEXTS[0])

    ranked = rank_words(classifier, read, 1)

    assert list(ranked) == list(JUDGED)
    alone = attribute_many(
        classifier,
        [
            Question(TEXTS[0], "lime", "food", num_steps=NUM_EVALUATIONS),
            Question(TEXTS[0], "occlusion", "food"),
            Question(TEXTS[0], "occlusion_token", "food"),
        ],
    )
    np.testing.assert_allclose(ranked["lime"], alone[0].word_scores, atol=1e-4)
    np.testing.assert_allclose(ranked["occlusion"], alone[1].word_scores, atol=1e-4)
    np.testing.assert_allclose(ranked["occlusion_token"], alone[2].word_scores, atol=1e-4)


def test_words_of_a_sentence_share_its_fall_whatever_tokens_they_are_cut_into(subjects):
    text = "Nooks were here. We came in the morning."
    classifier = subjects["bert"].trained
    read = read_text(classifier, text)
    assert np.bincount(read.word_of).max() > 1

    found = rank_words(classifier, read, 1)["occlusion_sentence"]

    end = read.words.index(".") + 1
    assert np.ptp(found[1:end]) == np.ptp(found[end:-1]) == 0
    [alone] = attribute_many(classifier, [Question(text, "occlusion_sentence", "food")])
    assert found[1:end].sum() == pytest.approx(alone.word_scores[1:end].sum(), abs=1e-5)
    assert found[end:-1].sum() == pytest.approx(alone.word_scores[end:-1].sum(), abs=1e-5)
    assert found[[0, -1]].tolist() == [0, 0]


def test_every_method_of_attribution_is_judged():
    assert set(METHODS) < set(JUDGED)


def test_texts_without_an_order_of_words_are_refused(subjects):
    with pytest.raises(InvalidArgumentError, match="Expected a text of 3 words or more, got none"):
        measure_trust(subjects["bert"], ["cat", " ", "old cat"])


def test_progress_can_stop_it(subjects):
    def stop(done, total, message):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure_trust(subjects["bert"], TEXTS, progress=stop)


def test_rank_correlation_equals_scipys(generator):
    from scipy.stats import spearmanr

    one, other = generator.integers(0, 5, 40), generator.random(40)

    assert rank_correlation(one, other) == pytest.approx(spearmanr(one, other).statistic)


def test_rank_correlation_of_a_constant_is_unknown():
    assert np.isnan(rank_correlation(np.ones(4), np.arange(4)))


@pytest.fixture(scope="module")
def giveaway_run(workspace_template, tiny_config, tmp_path_factory):
    """A run on texts in which one word alone decides the class, or that there is none."""
    import shutil

    from textcls_core.workspace import Workspace

    root = tmp_path_factory.mktemp("giveaway") / "workspace"
    workspace = Workspace(shutil.copytree(workspace_template.root, root))
    generator = np.random.default_rng(0)
    texts, labels = [], []
    for number in range(240):
        label = ("animals", "food", "weather")[number % 3]
        words = generator.choice(NEUTRAL, 9).tolist()
        words[int(generator.integers(0, 9))] = GIVEAWAYS.get(label, "morning")
        texts.append(" ".join(words))
        labels.append(label)
    splits = ["train"] * 160 + ["validation"] * 40 + ["test"] * 40
    DatasetStore.open(workspace).save(
        build_dataset(Rows(texts, labels, splits, extra={})), "giveaway", "planted"
    )
    settings = {"dataset": "giveaway", "num_epochs": 12, "learning_rate": 3e-3}
    run = start_run(workspace, tiny_config.model_copy(update=settings))
    wait(run)
    return run, [text for text in texts[200:] if {"cat", "soup"} & set(text.split())]


@pytest.mark.slow
def test_the_methods_ranked_first_name_a_planted_giveaway_first(giveaway_run):
    run, texts = giveaway_run
    subjects = Subjects.load(run.model_dir)
    assert run.finished["test"]["accuracy"] >= 0.95

    report = measure_trust(subjects, texts[:20])

    best = report.judgements[0]
    assert best.interval[0] > report.random_score
    hits = {method: [] for method in (best.method, *report.rivals, "lime", "shap_partition")}
    for text in texts:
        read = read_text(subjects.trained, text)
        answer = "animals" if "cat" in read.words else "food"
        label_id = subjects.trained.label_names.index(answer)
        ranked = rank_words(subjects.trained, read, label_id)
        ordinary = np.flatnonzero(~np.array(read.special(by_token=False)))
        for method, found in hits.items():
            first = read.words[ordinary[np.argmax(ranked[method][ordinary])]]
            found.append(first in GIVEAWAYS.values())
    shares = {method: np.mean(found) for method, found in hits.items()}
    assert min(shares.values()) >= 0.95, shares
