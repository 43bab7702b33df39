"""The job: all causes at once, found again, gone on with, and honest about what it could not do."""

import pytest

from tests.mistakes.causes.cases import dataset_of, make_run
from tests.mistakes.causes.test_triage import ROWS
from textcls_core.embeddings.store import find_embeddings
from textcls_core.errors import InvalidArgumentError, NotFoundError
from textcls_core.jobs.progress import JobCancelledError, ignore
from textcls_core.mistakes.causes import job as module
from textcls_core.mistakes.causes.found import CAUSES
from textcls_core.mistakes.causes.job import (
    ENTRY,
    ensure_triage,
    forget_triage,
    job_arguments,
    run_job,
)
from textcls_core.mistakes.causes.triage import read_triage
from textcls_core.mistakes.label_issues import job as label_issues_job
from textcls_core.workspace import Workspace

NEEDS_A_MODEL = {
    "truncated",
    "misleading_tokens",
    "unknown_tokens",
    "no_close_neighbour",
    "conflicting_neighbours",
}


@pytest.fixture(autouse=True)
def _frozen_encoder_is_tiny(monkeypatch, tiny_model_dir):
    """Keep the real model out: the queue of label issues is made with a tiny one."""
    monkeypatch.setattr("textcls_core.mistakes.causes.labels.EMBEDDED", str(tiny_model_dir))


@pytest.fixture
def run(workspace, toy_dataset, tiny_model_dir):
    """A run with a model that was never trained, whose mistakes are those of a hand."""
    from textcls_core.models.classifier import Classifier

    texts = toy_dataset.texts(toy_dataset.indices("test"))[:6]
    answers = dict.fromkeys(texts, (0.05, 0.5, 0.45))
    made = make_run(workspace, toy_dataset, answers, max_length=8)
    names = toy_dataset.label_names
    Classifier.from_pretrained(tiny_model_dir, names, max_length=8).save(made.model_dir)
    return made


def test_every_cause_is_looked_for(workspace, run):
    said = []

    triage = ensure_triage(workspace, run, "test", lambda *amount: said.append(amount[2]))

    facts = triage.facts
    assert [entry.cause for entry in facts.coverage] == list(CAUSES)
    assert facts.not_looked_at == []
    assert facts.num_mistakes == sum(run.predictions("test").is_mistake) >= 3
    assert facts.num_rows == 33
    assert {"Loading the model", "Leaving out words", "Embedding texts"} <= set(said)
    assert find_embeddings(workspace, run.config.dataset_fingerprint, run.run_id) is not None


def test_causes_of_a_mistake_carry_evidence_and_stand_in_the_order_of_the_loss(workspace, run):
    triage = ensure_triage(workspace, run, "test")

    predictions = run.predictions("test")
    loss = dict(zip(predictions.row_ids, predictions.loss, strict=True))
    losses = [loss[row_id] for row_id in triage.by_row]
    assert losses == sorted(losses, reverse=True)
    assert all(one.evidence for found in triage.by_row.values() for one in found)


def test_second_call_reads_what_the_first_one_found(workspace, run, monkeypatch):
    first = ensure_triage(workspace, run, "test")
    monkeypatch.delattr(module, "_make")

    assert ensure_triage(workspace, run, "test").facts == first.facts


def test_forgotten_triage_is_made_again(workspace, run):
    ensure_triage(workspace, run, "test")

    forget_triage(workspace, run, "test")

    assert read_triage(workspace, run, "test") is None


def test_cancelled_job_leaves_no_result_and_goes_on_where_it_was(workspace, run, monkeypatch):
    def stop(_done, _total, message):
        if message == "Leaving out words":
            raise JobCancelledError

    with pytest.raises(JobCancelledError):
        ensure_triage(workspace, run, "test", stop)
    assert read_triage(workspace, run, "test") is None
    monkeypatch.delattr(module, "look_around")
    monkeypatch.delattr(module, "label_suspect")

    triage = ensure_triage(workspace, run, "test")

    assert triage.facts.not_looked_at == []


def test_run_without_a_model_says_what_was_not_looked_for(workspace):
    run = make_run(workspace, dataset_of(ROWS), {"x": (0.1, 0.9)})

    facts = ensure_triage(workspace, run, "test").facts

    unseen = {entry.cause for entry in facts.coverage if not entry.looked}
    assert unseen == NEEDS_A_MODEL
    assert any(
        said.startswith("Truncated: not looked for. ") and "tokenizer" in said
        for said in facts.not_looked_at
    )


def test_split_without_mistakes_has_no_causes(workspace, monkeypatch):
    monkeypatch.delattr(label_issues_job, "rank_label_issues")
    run = make_run(workspace, dataset_of(ROWS), {})

    triage = ensure_triage(workspace, run, "test")

    assert triage.by_row == {}
    assert triage.facts.num_mistakes == 0
    assert triage.facts.not_looked_at == []


def test_split_without_predictions_is_refused(workspace):
    run = make_run(workspace, dataset_of(ROWS), {})

    with pytest.raises(NotFoundError, match='has no predictions for "validation"'):
        ensure_triage(workspace, run, "validation")


def test_several_labels_per_text_are_looked_at_too(workspace, topics_run):
    triage = ensure_triage(workspace, topics_run, "test")

    assert triage.facts.num_mistakes > 5
    assert {"almost_right", "ambiguous"}.isdisjoint(triage.counts)
    assert any("A text may have several labels" in said for said in triage.facts.not_looked_at)


def test_job_makes_what_the_page_reads(workspace, run):
    run_job(workspace, job_arguments(run, "test"), ignore)

    assert read_triage(workspace, run, "test") is not None
    assert f"{run_job.__module__}:{run_job.__name__}" == ENTRY


def test_job_refuses_an_unknown_split(workspace: Workspace, run):
    with pytest.raises(InvalidArgumentError, match=r"Expected a split \(train"):
        run_job(workspace, {"run": run.run_id, "split": "dev"}, ignore)
