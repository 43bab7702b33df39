"""Tests of predicting a pool: kept, found again, gone on with."""

import numpy as np
import pytest

from tests.pages.conftest import make_run, save_model
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.store import DatasetStore
from textcls_core.embeddings import growing
from textcls_core.embeddings.computing import compute_embeddings
from textcls_core.embeddings.store import find_embeddings
from textcls_core.errors import NotFoundError, RunStateError
from textcls_core.files import write_json
from textcls_core.jobs.progress import JobCancelledError
from textcls_core.mistakes.active_learning.job import compute_pool, run_job
from textcls_core.mistakes.active_learning.pool import PoolFilter
from textcls_core.mistakes.active_learning.predicted import find_pool, pools_dir
from textcls_core.mistakes.training_neighbours import TrainingNeighbours
from textcls_core.models.classifier import Classifier

TEXTS = ["a new cat", "that soup", "THE OLD CAT", "a small storm came", "rice and wind", "snow"]


@pytest.fixture
def run(workspace, toy_dataset, tiny_model_dir):
    """A completed run on `toy` with a model."""
    made = make_run(workspace, "toy", toy_dataset, {}, model=str(tiny_model_dir))
    save_model(made.model_dir, toy_dataset, tiny_model_dir)
    return made


@pytest.fixture
def pool(workspace):
    """Six rows; the third is in `toy` but for its case."""
    rows = Rows(TEXTS, ["none"] * 6, ["train"] * 6, extra={"source": list("aabbab")})
    dataset = build_dataset(rows)
    DatasetStore.open(workspace).save(dataset, "pool", "made for the tests")
    return dataset


def test_a_pool_is_predicted_as_the_model_predicts(workspace, run, pool):
    found = compute_pool(workspace, run, "pool")

    expected = Classifier.load(run.model_dir).predict_probabilities(TEXTS)
    np.testing.assert_allclose(found.probabilities, expected, atol=1e-5)
    assert found.is_known.tolist() == [False, False, True, False, False, False]
    assert found.probabilities_of(1) == pytest.approx(
        dict(zip(found.info.label_names, expected[1], strict=True)), abs=1e-5
    )


def test_distances_are_to_the_nearest_training_row(workspace, run, pool, toy_dataset):
    found = compute_pool(workspace, run, "pool")

    training = TrainingNeighbours.open(workspace, run, run.run_id)
    units = training.vectors / np.linalg.norm(training.vectors, axis=1, keepdims=True)
    cosines = found.vectors @ units[toy_dataset.indices("train")].T
    np.testing.assert_allclose(found.distances, 1 - cosines.max(axis=1), atol=1e-5)


def test_known_texts_and_rows_outside_the_filter_are_not_ranked(workspace, run, pool):
    found = compute_pool(workspace, run, "pool")

    everything = found.ranked(pool, PoolFilter(), "uncertainty")
    some = found.ranked(pool, PoolFilter(column="source", value="b"), "diversity")

    scores = found.uncertainty("margin")[everything]
    assert sorted(everything.tolist()) == [0, 1, 3, 4, 5]
    assert (np.diff(scores) <= 0).all()
    assert sorted(some.tolist()) == [3, 5]


def test_what_was_predicted_is_found_again_until_the_model_changes(workspace, run, pool):
    assert find_pool(workspace, run, pool.fingerprint) is None

    run_job(workspace, {"run_id": run.run_id, "fingerprint": pool.fingerprint}, _ignore)

    assert find_pool(workspace, run, pool.fingerprint) is not None
    write_json(run.model_dir / "textcls_decision.json", {"temperature": 2.0})
    assert find_pool(workspace, run, pool.fingerprint) is None


def _ignore(done, total, message):
    """Report to nobody."""


def test_what_was_stopped_goes_on_where_it_was(workspace, run, pool, monkeypatch):
    monkeypatch.setattr(growing, "_PORTION", 2)
    expected = compute_pool(workspace, run, "pool").probabilities.copy()
    file = next(pools_dir(workspace).glob("*/probabilities.npy"))
    whole = file.read_bytes()
    (file.parent / "info.json").unlink()
    file.write_bytes(whole[: len(whole) - 3 * 4 * 4 + 5])  # the last rows are lost, one is torn

    told = []
    found = compute_pool(workspace, run, "pool", progress=lambda *facts: told.append(facts))

    np.testing.assert_array_equal(found.probabilities, expected)
    assert (0, 6, "Predicting texts") not in told


def test_a_cancelled_job_leaves_nothing_that_looks_whole(workspace, run, pool):
    def cancel(done, total, message):
        if message == "Predicting texts":
            raise JobCancelledError

    with pytest.raises(JobCancelledError):
        compute_pool(workspace, run, "pool", progress=cancel)

    assert find_pool(workspace, run, pool.fingerprint) is None


def test_a_sample_of_a_large_pool_is_said(workspace, run, pool):
    found = compute_pool(workspace, run, "pool", max_rows=4)

    assert (found.info.num_rows, found.info.num_examples) == (4, 6)
    outside = np.setdiff1d(np.arange(6), found.positions)[0]
    with pytest.raises(NotFoundError, match="This row was not predicted, because only a sample"):
        found.probabilities_of(outside)


def test_a_sample_is_found_again_when_all_rows_are_embedded(workspace, run, pool):
    compute_pool(workspace, run, "pool", max_rows=4)
    compute_embeddings(workspace, pool.fingerprint, run.run_id)

    assert find_pool(workspace, run, pool.fingerprint).info.num_rows == 4

    assert compute_pool(workspace, run, "pool", max_rows=4).info.num_rows == 6
    assert find_pool(workspace, run, pool.fingerprint).info.num_rows == 6


def test_rows_of_the_own_data_set_are_not_left_out_as_known(workspace, run, toy_dataset):
    found = compute_pool(workspace, run, "toy")

    rows = found.ranked(toy_dataset, PoolFilter(split="validation"), "random")

    assert sorted(rows.tolist()) == toy_dataset.indices("validation").tolist()


def test_deleted_embeddings_make_the_pool_be_predicted_again(workspace, run, pool):
    compute_pool(workspace, run, "pool")
    stored = find_embeddings(workspace, pool.fingerprint, run.run_id)

    (stored.folder / "info.json").unlink()

    assert find_pool(workspace, run, pool.fingerprint) is None


def test_a_run_without_a_model_is_refused(workspace, toy_dataset, pool):
    run = make_run(workspace, "toy", toy_dataset, {})
    (run.folder / "finished.json").unlink()

    with pytest.raises(RunStateError, match="has no finished model"):
        compute_pool(workspace, run, "pool")
