"""What close training rows say, on vectors made by hand."""

import numpy as np
import pytest

from tests.mistakes.causes.cases import by_text, dataset_of, make_run
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.errors import NotFoundError
from textcls_core.jobs.progress import ignore
from textcls_core.mistakes.causes import neighbourhood
from textcls_core.mistakes.causes.case import Case
from textcls_core.mistakes.causes.neighbourhood import (
    conflicting_neighbours,
    look_around,
    no_close_neighbour,
)
from textcls_core.mistakes.training_neighbours import TrainingNeighbours

TEST = {"far away": (0.0, 1.0), "among spam": (10.0, 0.0), "among ham": (80.0, 0.0)}
"""Angle in the plane, in degrees, and height over it."""


def direction(angle, height=0.0):
    turn = np.deg2rad(angle)
    return [np.cos(turn), np.sin(turn), height]


@pytest.fixture
def around(workspace, monkeypatch):
    """Twenty spam rows at 0 to 19 degrees, twenty ham rows at 70 to 89, three mistakes."""
    train = {f"spam row {n}": n for n in range(20)} | {f"ham row {n}": 70 + n for n in range(20)}
    rows = [(text, text.split()[0], "train") for text in train]
    rows += [(text, "ham", "test") for text in TEST] + [("x", "spam", "test")]
    dataset = dataset_of(rows)
    run = make_run(workspace, dataset, dict.fromkeys(TEST, (0.2, 0.8)))
    vectors = [direction(train.get(text, 0)) for text in dataset.texts()]
    for text, place in TEST.items():
        vectors[dataset.texts().index(text)] = direction(*place)
    is_training = np.zeros(dataset.num_examples, bool)
    is_training[dataset.indices("train")] = True
    near = TrainingNeighbours(dataset, np.array(vectors, np.float32), is_training, len(rows))
    monkeypatch.setattr(neighbourhood.TrainingNeighbours, "open", lambda *_: near)
    case = Case.open(workspace, run, "test")
    return case, look_around(case, ignore)


def test_row_that_no_training_row_is_close_to(around):
    case, found = around

    result = by_text(case, no_close_neighbour(case, found).evidence)

    assert list(result) == ["far away"]
    assert result["far away"] == (
        "The closest training row has a cosine of 0.707; "
        "95 % of the training rows have one of 1.000 or more."
    )


def test_close_training_rows_with_another_label(around):
    case, found = around

    result = by_text(case, conflicting_neighbours(case, found).evidence)

    assert list(result) == ["among spam"]
    assert 'training rows have other labels, most often "spam"' in result["among spam"]


def test_sample_is_said(around):
    case, found = around
    near = found.near
    sampled = TrainingNeighbours(near.rows, near.vectors, near.is_training, 1_000)
    part = neighbourhood.Surroundings(
        sampled, found.places[:2], found.rows[:2], found.cosines[:2], found.far
    )

    coverage = no_close_neighbour(case, part).coverage

    assert coverage.sentence == (
        "No close neighbour: looked for in 2 of 3 mistakes. Compared with 40 training rows of a "
        "sample; 1 mistake not in it."
    )


def test_one_training_row_is_too_few(workspace, monkeypatch):
    dataset = dataset_of([("a", "ham", "train"), ("x", "ham", "test"), ("y", "spam", "test")])
    run = make_run(workspace, dataset, {"x": [0.1, 0.9]})
    near = TrainingNeighbours(dataset, np.eye(3, dtype=np.float32), np.arange(3) == 0, 3)
    monkeypatch.setattr(neighbourhood.TrainingNeighbours, "open", lambda *_: near)

    with pytest.raises(NotFoundError, match="Expected 2 embedded training rows or more"):
        look_around(Case.open(workspace, run, "test"), ignore)


def test_sample_without_any_mistake_is_refused(around, monkeypatch):
    case, found = around
    near = found.near
    rows = TextDataset(near.rows.table.take(near.training_rows), near.rows.label_names)
    vectors = near.vectors[near.training_rows]
    sample = TrainingNeighbours(rows, vectors, np.ones(len(vectors), bool), 1_000)
    monkeypatch.setattr(neighbourhood.TrainingNeighbours, "open", lambda *_: sample)

    with pytest.raises(NotFoundError, match="None of the mistakes is in the sample"):
        look_around(case, ignore)
