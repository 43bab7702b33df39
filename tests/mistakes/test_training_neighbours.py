"""Tests of the training rows most similar to a row of a run."""

import numpy as np
import pytest

from tests.pages.conftest import MISTAKES, make_run, save_model
from textcls_core.dataset.folding import with_fold
from textcls_core.dataset.store import DatasetStore
from textcls_core.embeddings.computing import compute_embeddings
from textcls_core.embeddings.neighbours import normalised
from textcls_core.embeddings.store import stored_embeddings
from textcls_core.errors import InvalidArgumentError, NotFoundError
from textcls_core.mistakes.training_neighbours import (
    TrainingNeighbours,
    encoder_source,
    parse_encoder,
    training_mask,
)


@pytest.fixture
def run(workspace, toy_dataset, tiny_model_dir):
    """A completed run on `toy` that began from the tiny model and has one of its own."""
    made = make_run(workspace, "toy", toy_dataset, MISTAKES, model=str(tiny_model_dir))
    save_model(made.model_dir, toy_dataset, tiny_model_dir)
    return made


@pytest.fixture
def neighbours(workspace, run):
    """The training rows of `run` as the frozen model sees them."""
    source = encoder_source(run, "frozen")
    compute_embeddings(workspace, "toy", source)
    found = TrainingNeighbours.open(workspace, run, source)
    assert found is not None
    return found


def test_open_is_none_until_the_rows_are_embedded(workspace, run):
    assert TrainingNeighbours.open(workspace, run, encoder_source(run, "own")) is None

    compute_embeddings(workspace, "toy", run.run_id)

    assert TrainingNeighbours.open(workspace, run, encoder_source(run, "own")) is not None


def test_nearest_are_the_training_rows_with_the_largest_cosines(
    workspace, run, neighbours, toy_dataset
):
    row_ids = toy_dataset.row_ids(toy_dataset.indices("test"))
    stored = stored_embeddings(workspace, toy_dataset.fingerprint, run.config.model)
    vectors = normalised(stored)
    training = toy_dataset.indices("train")

    positions, cosines = neighbours.nearest(row_ids, 5)

    expected = vectors[toy_dataset.indices("test")] @ vectors[training].T
    np.testing.assert_allclose(cosines, -np.sort(-expected, axis=1)[:, :5], atol=1e-5)
    assert set(positions.ravel().tolist()) <= set(training.tolist())
    assert positions.shape == (len(row_ids), 5)


def test_a_training_row_is_never_its_own_neighbour(neighbours, toy_dataset):
    training = toy_dataset.indices("train")

    positions, _ = neighbours.nearest(toy_dataset.row_ids(training), len(training))

    assert positions.shape == (len(training), len(training) - 1)
    assert not (positions == training[:, None]).any()


def test_rows_of_several_splits_get_equally_many_neighbours(neighbours, toy_dataset):
    some = [toy_dataset.indices(split)[0] for split in ("train", "test")]
    num_training = len(toy_dataset.indices("train"))

    positions, cosines = neighbours.nearest(toy_dataset.row_ids(np.array(some)), num_training)

    assert positions.shape == cosines.shape == (2, num_training - 1)


def test_no_row_has_no_neighbours(neighbours):
    positions, cosines = neighbours.nearest([], 3)

    assert positions.shape == cosines.shape == (0, 3)


def test_nearest_refuses_zero_neighbours(neighbours, toy_dataset):
    with pytest.raises(InvalidArgumentError, match="Expected 1 neighbour or more, got 0"):
        neighbours.nearest(toy_dataset.row_ids()[:1], 0)


def test_a_sample_says_which_rows_it_has(workspace, run, toy_dataset):
    source = encoder_source(run, "frozen")
    stored = compute_embeddings(workspace, "toy", source, max_rows=40)

    found = TrainingNeighbours.open(workspace, run, source)

    expected = np.isin(np.arange(toy_dataset.num_examples), stored.positions)
    assert found.has(toy_dataset.row_ids()).tolist() == expected.tolist()
    assert not found.is_complete
    missing = toy_dataset.row_ids(np.flatnonzero(~expected)[:1])
    with pytest.raises(
        NotFoundError,
        match="1 of the 1 row asked about have no vector: only a sample of 40 rows was embedded",
    ):
        found.nearest(missing, 3)


def test_a_fold_has_training_rows_of_its_own(workspace, toy_dataset, tiny_model_dir):
    model = str(tiny_model_dir)
    run = make_run(workspace, "toy", toy_dataset, {}, model=model, num_folds=3, fold=2)
    compute_embeddings(workspace, "toy", model)

    found = TrainingNeighbours.open(workspace, run, model)

    expected = with_fold(toy_dataset, num_folds=3, fold=2).indices("train")
    assert found.training_rows.tolist() == expected.tolist()
    assert np.flatnonzero(training_mask(run, toy_dataset)).tolist() == expected.tolist()


def test_open_says_that_the_data_set_was_deleted(workspace, run, neighbours):
    store = DatasetStore.open(workspace)
    store.delete(store.find("toy"))

    with pytest.raises(NotFoundError, match=r'trained on \("toy"\) was deleted. Import it again'):
        TrainingNeighbours.open(workspace, run, encoder_source(run, "frozen"))


def test_encoders_are_the_run_and_the_model_it_began_from(run):
    sources = [encoder_source(run, parse_encoder(name)) for name in ("own", "frozen")]

    assert sources == [run.run_id, run.config.model]
    with pytest.raises(InvalidArgumentError, match=r'an encoder \(own, frozen\), got "ours"'):
        parse_encoder("ours")
