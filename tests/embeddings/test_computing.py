"""Tests of computing embeddings: kept, found again, gone on with, never half written."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.pages.conftest import make_run, save_model
from textcls_core.dataset.sampling import stratified_order
from textcls_core.dataset.store import DatasetStore
from textcls_core.embeddings import computing, growing
from textcls_core.embeddings.computing import compute_embeddings
from textcls_core.embeddings.encoder import TextEncoder
from textcls_core.embeddings.job import run_job
from textcls_core.embeddings.source import open_source
from textcls_core.embeddings.store import embeddings_dir, find_embeddings, stored_embeddings
from textcls_core.errors import ModelError, NotFoundError, RunStateError
from textcls_core.jobs.progress import JobCancelledError
from textcls_core.models.classifier import Classifier
from textcls_core.models.embedding import embed


@pytest.fixture
def source(tiny_model_dir):
    return str(tiny_model_dir)


@pytest.fixture
def fingerprint(toy_dataset):
    return toy_dataset.fingerprint


@pytest.fixture
def small_portions(monkeypatch):
    """Report after every 50 rows."""
    monkeypatch.setattr(growing, "_PORTION", 50)


def cancel_at(rows):
    """Return a report that asks to stop once so many rows are done."""

    def report(done, total, message):
        if done >= rows:
            raise JobCancelledError

    return report


def expected_vectors(folder, dataset):
    classifier = Classifier.from_pretrained(Path(folder), dataset.label_names, max_length=128)
    return embed(classifier, classifier.tokenize(dataset.texts()))


def test_compute_stores_the_vectors_of_all_rows_in_their_order(
    workspace, toy_dataset, source, small_portions
):
    compute_embeddings(workspace, "toy", source)

    vectors = stored_embeddings(workspace, toy_dataset.fingerprint, source)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, expected_vectors(source, toy_dataset), atol=1e-5)


def test_compute_reports_how_many_rows_are_done(workspace, source, small_portions):
    told = []

    compute_embeddings(workspace, "toy", source, progress=lambda *step: told.append(step[:2]))

    assert told == [(0, 162), (0, 162), (50, 162), (100, 162), (150, 162), (162, 162)]


def test_compute_twice_loads_the_model_once(workspace, source, monkeypatch):
    first = compute_embeddings(workspace, "toy", source)
    monkeypatch.setattr(TextEncoder, "load", lambda *_: pytest.fail("a model was loaded"))

    assert compute_embeddings(workspace, "toy", source).folder == first.folder


def test_cancelled_computing_leaves_nothing_to_find_and_is_gone_on_with(
    workspace, fingerprint, source, small_portions, monkeypatch
):
    with pytest.raises(JobCancelledError):
        compute_embeddings(workspace, "toy", source, progress=cancel_at(100))
    assert find_embeddings(workspace, fingerprint, source) is None
    encoded = []
    encode = TextEncoder.encode
    monkeypatch.setattr(
        TextEncoder, "encode", lambda self, texts: encoded.extend(texts) or encode(self, texts)
    )

    compute_embeddings(workspace, "toy", source)

    assert len(encoded) == 62
    assert len(stored_embeddings(workspace, fingerprint, source)) == 162


@pytest.mark.parametrize("size", [0, 60, 128 + 32 * 4 * 70 + 3], ids=["empty", "header", "torn"])
def test_computing_goes_on_after_a_torn_write(workspace, toy_dataset, source, size, small_portions):
    with pytest.raises(JobCancelledError):
        compute_embeddings(workspace, "toy", source, progress=cancel_at(100))
    file = next(embeddings_dir(workspace).glob(".*.partial")) / "vectors.npy"
    with file.open("rb+") as handle:
        handle.truncate(size)

    found = compute_embeddings(workspace, "toy", source)

    np.testing.assert_allclose(found.vectors, expected_vectors(source, toy_dataset), atol=1e-5)


@pytest.mark.parametrize("name", ["vectors.npy", "positions.npy", "info.json", "rows.parquet"])
def test_damaged_embeddings_are_not_found_and_computed_again(workspace, toy_dataset, source, name):
    folder = compute_embeddings(workspace, "toy", source).folder
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    if name == "rows.parquet":
        (folder / name).unlink()

    assert find_embeddings(workspace, toy_dataset.fingerprint, source) is None
    compute_embeddings(workspace, "toy", source)

    assert len(stored_embeddings(workspace, toy_dataset.fingerprint, source)) == 162


def test_compute_of_a_large_data_set_takes_a_sample_of_every_class(workspace, toy_dataset, source):
    found = compute_embeddings(workspace, "toy", source, max_rows=30)

    info = DatasetStore.open(workspace).find("toy")
    expected = np.sort(stratified_order(toy_dataset)[:30])
    assert found.positions.tolist() == expected.tolist()
    assert found.rows(info).row_ids() == toy_dataset.row_ids(expected)
    assert np.bincount(found.rows(info).label_ids).tolist() == [10, 10, 10]
    assert stored_embeddings(workspace, info.fingerprint, source) is None  # not of all rows
    assert find_embeddings(workspace, info.fingerprint, source).info.num_rows == 30


def test_find_prefers_all_rows_to_a_sample(workspace, fingerprint, source):
    compute_embeddings(workspace, "toy", source, max_rows=30)
    compute_embeddings(workspace, "toy", source)

    assert find_embeddings(workspace, fingerprint, source).info.is_complete


def test_find_knows_how_much_was_read(workspace, fingerprint, source):
    compute_embeddings(workspace, "toy", source, num_tokens=4)

    assert find_embeddings(workspace, fingerprint, source) is None
    assert find_embeddings(workspace, fingerprint, source, num_tokens=4) is not None


def test_find_notices_that_the_model_in_a_folder_has_changed(
    workspace, fingerprint, tiny_models, tmp_path
):
    folder = shutil.copytree(tiny_models["bert"], tmp_path / "model")
    compute_embeddings(workspace, "toy", str(folder))
    assert find_embeddings(workspace, fingerprint, str(folder)) is not None

    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")

    assert find_embeddings(workspace, fingerprint, str(folder)) is None


def test_compute_with_the_encoder_of_a_run(workspace, toy_dataset, tiny_model_dir):
    run = make_run(workspace, "toy", toy_dataset, {})
    save_model(run.model_dir, toy_dataset, tiny_model_dir)

    compute_embeddings(workspace, "toy", run.run_id)

    vectors = stored_embeddings(workspace, toy_dataset.fingerprint, run.run_id)
    np.testing.assert_allclose(vectors, expected_vectors(tiny_model_dir, toy_dataset), atol=1e-5)


def test_compute_with_a_run_without_model_says_so(workspace, toy_dataset):
    run = make_run(workspace, "toy", toy_dataset, {})

    with pytest.raises((RunStateError, ModelError), match=r"model"):
        compute_embeddings(workspace, "toy", run.run_id)


def test_compute_with_an_unknown_run_says_so(workspace):
    with pytest.raises(NotFoundError, match='Run "20250101-000000-00000000" does not exist'):
        compute_embeddings(workspace, "toy", "20250101-000000-00000000")


def test_compute_of_an_unknown_data_set_says_so(workspace, source):
    with pytest.raises(NotFoundError, match='Data set "nope" does not exist'):
        compute_embeddings(workspace, "nope", source)


def test_compute_waits_for_another_process(workspace, source, monkeypatch, hold_lock):
    folder = compute_embeddings(workspace, "toy", source).folder
    monkeypatch.setattr(computing, "_WAIT_SECONDS", 0.1)
    hold_lock(folder.with_name(f".{folder.name}.lock"))
    told = []

    def report(done, total, message):
        told.append(message)
        raise JobCancelledError

    with pytest.raises(JobCancelledError):
        compute_embeddings(workspace, "toy", source, progress=report)

    assert told == ["Waiting for another process that embeds the same texts"]


def test_compute_of_several_labels_per_text(workspace, topics_dataset, source):
    info = DatasetStore.open(workspace).save(topics_dataset, "topics", "made for the tests")

    found = compute_embeddings(workspace, info.fingerprint, source, max_rows=40)

    assert found.rows(info).num_examples == 40


def test_job_computes_what_its_arguments_say(workspace, fingerprint, source):
    arguments = {"fingerprint": fingerprint, "source": source, "max_rows": 20, "num_tokens": 8}

    run_job(workspace, arguments, lambda *_: None)

    found = find_embeddings(workspace, fingerprint, source, num_tokens=8)
    assert found.info.num_rows == 20


def test_encoder_reads_no_more_than_the_model_can(workspace, source):
    encoder = TextEncoder.load(open_source(workspace, source), 10_000)

    assert encoder.reading.max_length == 128


def test_encoder_gives_a_text_the_same_vector_alone_and_among_others(
    workspace, toy_dataset, source
):
    encoder = TextEncoder.load(open_source(workspace, source), 64)
    texts = [*toy_dataset.texts()[:20], "", "你好", "🙂 <b>"]

    together = encoder.encode(texts)

    for position in (0, 7, 20, 21, 22):
        alone = encoder.encode([texts[position]])
        np.testing.assert_allclose(alone[0], together[position], atol=1e-5)
