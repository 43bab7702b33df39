"""Tests of the job of the trust meter: what identifies it, and that it is done once."""

import pytest

from textcls_core.explanation import trust
from textcls_core.explanation.trust_job import (
    ENTRY,
    ensure_trust,
    run_job,
    sample_rows,
    trust_arguments,
    trust_file,
)
from textcls_core.explanation.trust_report import TrustReport


@pytest.fixture
def arguments(workspace, toy_dataset, saved):
    row_ids = toy_dataset.row_ids(toy_dataset.indices("test"))
    return trust_arguments(saved["bert"], "1", toy_dataset.fingerprint, sample_rows(row_ids, 2))


def test_sample_is_random_repeatable_and_in_order():
    row_ids = [f"{n:03}" for n in range(100)]

    sample = sample_rows(row_ids, 10)

    assert sample == sample_rows(row_ids, 10) == sorted(set(sample))
    assert len(sample) == 10
    assert sample != sample_rows(row_ids, 10, seed=1)
    assert sample_rows(row_ids[:3], 10) == row_ids[:3]


def test_report_is_made_once(workspace, arguments, monkeypatch):
    made = ensure_trust(workspace, arguments)
    monkeypatch.delattr(trust, "measure_trust")

    assert ensure_trust(workspace, arguments) == made
    assert made.num_texts == 2


def test_job_writes_what_the_page_reads(workspace, arguments):
    run_job(workspace, arguments, lambda *_: None)

    assert TrustReport.load(trust_file(workspace, arguments)) is not None
    assert f"{run_job.__module__}:{run_job.__name__}" == ENTRY


def test_another_model_has_another_report(workspace, arguments):
    later = {**arguments, "version": "2"}

    assert trust_file(workspace, later) != trust_file(workspace, arguments)
