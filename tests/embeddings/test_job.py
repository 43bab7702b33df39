"""Tests of the background jobs of this room."""

import time

import pytest

from textcls_core.embeddings.computing import compute_embeddings
from textcls_core.embeddings.job import run_umap
from textcls_core.embeddings.projection import Layout, save_umap, stored_umap
from textcls_core.embeddings.store import stored_embeddings
from textcls_core.jobs.job import cancel_job, read_job, start_job

EMBED = "textcls_core.embeddings.job:run_job"


def wait_for(workspace, job_id):
    deadline = time.monotonic() + 120
    while (job := read_job(workspace, job_id)).is_active and time.monotonic() < deadline:
        time.sleep(0.2)
    return job


@pytest.mark.slow
def test_job_that_finished_is_found_again(workspace, toy_dataset, tiny_model_dir):
    arguments = {"fingerprint": toy_dataset.fingerprint, "source": str(tiny_model_dir)}

    job = wait_for(workspace, start_job(workspace, EMBED, arguments))

    assert (job.state, job.error) == ("finished", "")
    assert len(stored_embeddings(workspace, **arguments)) == 162
    assert start_job(workspace, EMBED, arguments) == job.job_id
    assert read_job(workspace, job.job_id).state == "finished"


@pytest.mark.slow
def test_job_that_is_cancelled_leaves_no_result(workspace, toy_dataset, tiny_model_dir):
    arguments = {"fingerprint": toy_dataset.fingerprint, "source": str(tiny_model_dir)}
    job_id = start_job(workspace, EMBED, arguments)
    cancel_job(workspace, job_id)

    assert wait_for(workspace, job_id).state == "cancelled"
    assert stored_embeddings(workspace, **arguments) is None


def test_umap_job_arranges_a_sample_and_keeps_it(
    workspace, toy_dataset, tiny_model_dir, monkeypatch
):
    monkeypatch.setattr("textcls_core.embeddings.job.MAX_UMAP_ROWS", 60)
    monkeypatch.setattr(
        "textcls_core.embeddings.job.umap_points", lambda vectors, *_: vectors[:, :2]
    )
    arguments = {"fingerprint": toy_dataset.fingerprint, "source": str(tiny_model_dir)}

    run_umap(workspace, arguments, lambda *_: None)

    layout = stored_umap(compute_embeddings(workspace, "toy", str(tiny_model_dir)))
    assert len(layout.rows) == 60
    assert toy_dataset.label_ids[layout.rows].tolist().count(0) == 20


def test_umap_job_does_not_arrange_twice(workspace, toy_dataset, tiny_model_dir, monkeypatch):
    stored = compute_embeddings(workspace, "toy", str(tiny_model_dir))
    save_umap(stored, Layout("umap", stored.positions, stored.vectors[:, :2]))
    monkeypatch.setattr(
        "textcls_core.embeddings.job.umap_points", lambda *_: pytest.fail("arranged again")
    )

    arguments = {"fingerprint": toy_dataset.fingerprint, "source": str(tiny_model_dir)}
    run_umap(workspace, arguments, lambda *_: None)
