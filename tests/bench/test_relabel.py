"""`bench relabel`: what is flipped, what is accepted, and the share that is won back."""

from types import SimpleNamespace

import numpy as np
import pytest

from bench import relabel
from bench.__main__ import build_parser
from bench.relabel import accept_head, plant_in_training, recovered, with_splits


@pytest.fixture
def clean(toy_dataset):
    return with_splits(toy_dataset, seed=0)


def queue(order, names):
    """A queue that lists these rows, each with a suggested label."""
    return SimpleNamespace(
        row_ids=order,
        records=lambda wanted: [
            {"row_id": row_id, "suggested_labels": [names[row_id]]} for row_id in wanted
        ],
    )


def label_names_by_row(dataset):
    names = [dataset.label_names[label_id] for label_id in dataset.label_ids]
    return dict(zip(dataset.row_ids(), names, strict=True))


def test_half_of_the_rows_are_test_rows(clean) -> None:
    assert len(clean.indices("test")) == pytest.approx(clean.num_examples / 2, abs=4)
    assert clean.splits == ("train", "validation", "test")


def test_test_labels_stay_right(clean) -> None:
    noisy, flipped = plant_in_training(clean, 0.3, seed=1)

    assert flipped.sum() > 0
    assert np.array_equal(noisy.label_ids != clean.label_ids, flipped)
    assert not flipped[clean.indices("test")].any()


def test_accepting_the_flipped_rows_brings_the_clean_labels_back(clean) -> None:
    noisy, flipped = plant_in_training(clean, 0.2, seed=1)
    wrong = noisy.row_ids(np.flatnonzero(flipped))
    rest = [row_id for row_id in noisy.row_ids() if row_id not in set(wrong)]
    enough = len(wrong) / (clean.num_examples - len(clean.indices("test")))

    mended, accepted = accept_head(noisy, queue(wrong + rest, label_names_by_row(clean)), enough)

    assert accepted == len(wrong)
    assert mended.fingerprint == clean.fingerprint


def test_test_rows_at_the_head_of_the_queue_are_passed_over(clean) -> None:
    first_test = clean.row_ids(clean.indices("test"))[:5]
    others = clean.row_ids(clean.indices("train"))
    wrong_names = dict.fromkeys(clean.row_ids(), clean.label_names[0])

    mended, accepted = accept_head(clean, queue(first_test + others, wrong_names), 0.5)

    assert accepted == round(0.5 * len(others))
    test = clean.indices("test")
    assert np.array_equal(mended.label_ids[test], clean.label_ids[test])


def test_the_share_won_back_is_that_of_all_seeds_together() -> None:
    runs = [
        dict(zip(relabel.KINDS, values, strict=True)) for values in [(1, 0.8, 0.9), (0.9, 0.7, 0.9)]
    ]

    assert recovered(runs) == 0.75
    assert recovered([dict.fromkeys(relabel.KINDS, 0.9)]) is None


def test_three_runs_differ_in_labels_alone(monkeypatch, clean) -> None:
    monkeypatch.setattr(relabel, "load", lambda _: clean)
    asked = []

    class FakeProduct:
        workspace = None

        def import_dataset(self, dataset, name):
            asked.append(name)
            return dataset.fingerprint

        def train(self, settings, *flags):
            assert flags == ("--wait",)
            asked.append(settings)
            accuracy = 0.9 if settings["dataset"] == with_splits(clean, 5).fingerprint else 0.7
            return {"test": {"accuracy": accuracy}}

    class Block:
        def __enter__(self):
            return FakeProduct()

        def __exit__(self, *_):
            return None

    split = with_splits(clean, 5)
    perfect = queue(split.row_ids(), label_names_by_row(split))
    monkeypatch.setattr(relabel, "temporary_product", Block)
    monkeypatch.setattr(relabel, "compute_label_issues", lambda *_: perfect)

    arguments = ["relabel", "--seeds", "5", "--accept", "1", "--epochs", "3"]
    figures = relabel.measure(build_parser().parse_args(arguments))

    settings = [value for value in asked if isinstance(value, dict)]
    assert figures["recovered"] == 1.0
    assert figures["runs"][0]["wrong_labels_left"] == 0
    assert {value["num_epochs"] for value in settings} == {"3"}
    assert len({value["dataset"] for value in settings}) == 2
    assert {value["seed"] for value in settings} == {"5"}
