"""Planted problems, the real model: each cause is found on the mistakes that come of it."""

import pytest

from tests.mistakes.causes.planted import MAX_LENGTH, planted_dataset
from textcls_core.config import RunConfig
from textcls_core.dataset.store import DatasetStore
from textcls_core.evaluation.by_task import right_rows
from textcls_core.mistakes.causes.job import ensure_triage
from textcls_core.training.launch import start_run, wait
from textcls_core.workspace import Workspace

LEAST_PRECISION, LEAST_RECALL = 0.8, 0.7
SETTINGS = {
    "dataset": "planted",
    "model": "minilm",
    "num_epochs": 2,
    "max_length": MAX_LENGTH,
    "learning_rate": 2e-4,
    "head_learning_rate": 0,  # a head that learns faster makes no mistake on the rare class
    "device": "cpu",
    "precision": "fp32",
}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """By split: the mistakes, what was planted in each row, and the causes that were found."""
    workspace = Workspace(tmp_path_factory.mktemp("planted"))
    dataset, planted = planted_dataset()
    DatasetStore.open(workspace).save(dataset, "planted", "made for the tests")
    run = start_run(workspace, RunConfig.create(SETTINGS))
    wait(run)
    result = {}
    for split in ("train", "test"):
        predictions = run.predictions(split)
        pairs = zip(predictions.row_ids, right_rows(predictions), strict=True)
        wrong = {row_id for row_id, is_right in pairs if not is_right}
        result[split] = (wrong, planted, ensure_triage(workspace, run, split))
    return result


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("cause", "split", "least"),
    [
        ("label_suspect", "train", 20),
        ("truncated", "test", 10),
        ("rare_class", "test", 5),
        ("misleading_tokens", "test", 10),
    ],
)
def test_cause_is_found_on_its_planted_mistakes(found, cause, split, least):
    wrong, planted, triage = found[split]
    expected = {row_id for row_id in wrong if planted[row_id] == cause}

    tagged = set(triage.rows_with([cause]))

    hits = len(tagged & expected)
    assert len(expected) >= least
    assert hits / len(tagged) >= LEAST_PRECISION
    assert hits / len(expected) >= LEAST_RECALL


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_word_that_misleads_is_named_with_how_often_it_does(found):
    _, _, triage = found["test"]

    said = [
        one.evidence
        for causes in triage.by_row.values()
        for one in causes
        if one.cause == "misleading_tokens"
    ]

    named = [sentence for sentence in said if 'Without "zandari"' in sentence]
    assert len(named) >= 0.8 * len(said) > 0
    assert all("The same word does so in" in sentence for sentence in named)
