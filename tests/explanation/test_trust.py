"""Tests of the trust meter: chance is chance, and a planted giveaway is found."""

import numpy as np
import pytest

from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import InvalidArgumentError
from textcls_core.explanation.methods import JUDGED
from textcls_core.explanation.trust import Subjects, measure_trust, rank_correlation, rank_words
from textcls_core.explanation.words import read_text
from textcls_core.training.launch import start_run, wait

TEXTS = [
    "the old cat was here and we all looked at it",
    "this soup came in the morning",
    "a small storm, snow and wind",
]
NEUTRAL = ["the", "old", "a", "small", "this", "was", "here", "came", "in", "morning", "and", "we"]
GIVEAWAYS = {"animals": "cat", "food": "soup"}


@pytest.fixture(scope="module")
def subjects(saved):
    return {family: Subjects.load(saved[family]) for family in ("bert", "gpt2")}


@pytest.mark.parametrize("family", ["bert", "gpt2"])
def test_every_method_is_judged_the_most_faithful_first(subjects, family):
    report = measure_trust(subjects[family], TEXTS)

    assert sorted(found.method for found in report.judgements) == sorted(JUDGED)
    scores = [found.score for found in report.judgements]
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


def test_the_same_texts_give_the_same_report(subjects):
    assert measure_trust(subjects["bert"], TEXTS) == measure_trust(subjects["bert"], TEXTS)


def test_one_text_has_no_interval(subjects):
    report = measure_trust(subjects["bert"], TEXTS[:1])

    assert report.judgements[0].interval is None


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
    """A run on texts in which one word alone decides the class."""
    import shutil

    from textcls_core.workspace import Workspace

    root = tmp_path_factory.mktemp("giveaway") / "workspace"
    workspace = Workspace(shutil.copytree(workspace_template.root, root))
    generator = np.random.default_rng(0)
    texts, labels = [], []
    for number in range(240):
        label = list(GIVEAWAYS)[number % 2]
        words = generator.choice(NEUTRAL, 9).tolist()
        words.insert(int(generator.integers(0, 10)), GIVEAWAYS[label])
        texts.append(" ".join(words))
        labels.append(label)
    splits = ["train"] * 160 + ["validation"] * 40 + ["test"] * 40
    DatasetStore.open(workspace).save(
        build_dataset(Rows(texts, labels, splits, extra={})), "giveaway", "planted"
    )
    settings = {"dataset": "giveaway", "num_epochs": 12, "learning_rate": 3e-3}
    run = start_run(workspace, tiny_config.model_copy(update=settings))
    wait(run)
    return run, texts[200:]


@pytest.mark.slow
def test_the_methods_ranked_first_name_a_planted_giveaway_first(giveaway_run):
    run, texts = giveaway_run
    subjects = Subjects.load(run.model_dir)
    assert run.finished["test"]["accuracy"] >= 0.95

    report = measure_trust(subjects, texts[:20])

    best = report.judgements[0]
    assert best.interval[0] > report.random_score
    generator = np.random.default_rng(1)
    hits, by_chance = [], []
    for text in texts:
        read = read_text(subjects.trained, text)
        answer = 0 if "cat" in read.words else 1
        label_id = subjects.trained.label_names.index(list(GIVEAWAYS)[answer])
        ranked = rank_words(subjects.trained, read, label_id)[best.method]
        ordinary = np.flatnonzero(~np.array(read.special(by_token=False)))
        first = read.words[ordinary[np.argmax(ranked[ordinary])]]
        hits.append(first in GIVEAWAYS.values())
        by_chance.append(read.words[generator.choice(ordinary)] in GIVEAWAYS.values())
    assert np.mean(hits) >= 0.95
    assert np.mean(by_chance) < 0.35
