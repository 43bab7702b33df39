"""Training dynamics on disk: whole epochs, written in one step, read as figures per row."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from textcls_core.runs.dynamics import has_dynamics, read_dynamics, save_epoch

ROWS = ("a", "b", "c")


def save(folder, *epochs, row_ids=ROWS):
    for epoch, probability in enumerate(epochs, start=1):
        values = np.array(probability, float)
        save_epoch(folder, epoch, row_ids, values, (values > 0.5).astype(float))


def test_figures_are_mean_spread_and_share_right(tmp_path):
    save(tmp_path / "dynamics", [0.2, 0.9, 0.4], [0.4, 0.9, 0.8])

    found = read_dynamics(tmp_path / "dynamics")

    assert (found.row_ids, found.num_epochs) == (ROWS, 2)
    assert found.confidence == pytest.approx([0.3, 0.9, 0.6], abs=1e-6)
    assert found.variability == pytest.approx([0.1, 0.0, 0.2], abs=1e-6)
    assert found.correctness == pytest.approx([0.0, 1.0, 0.5])
    assert found.share_above == pytest.approx([2 / 3, 0, 1 / 3])


@settings(max_examples=25)  # each writes files
@given(
    arrays.arrays(
        np.float32, st.tuples(st.integers(2, 6), st.just(3)), elements=st.floats(0, 1, width=32)
    )
)
def test_spread_is_the_standard_deviation(tmp_path_factory, probabilities):
    folder = tmp_path_factory.mktemp("epochs")
    save(folder, *probabilities)

    found = read_dynamics(folder)

    expected = probabilities.astype(float)
    np.testing.assert_allclose(found.confidence, expected.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(found.variability, expected.std(axis=0), atol=1e-12)


def test_one_epoch_or_none_says_nothing(tmp_path):
    assert read_dynamics(tmp_path / "missing") is None
    save(tmp_path, [0.2, 0.9, 0.4])
    assert read_dynamics(tmp_path) is None
    assert not has_dynamics(tmp_path)


def test_a_damaged_epoch_is_left_out_and_said(tmp_path, caplog):
    save(tmp_path, [0.2] * 3, [0.4] * 3, [0.9] * 3)
    (tmp_path / "epoch-0002.parquet").write_bytes(b"PAR1 half a file")

    found = read_dynamics(tmp_path)

    assert found.num_epochs == 2
    assert found.confidence == pytest.approx([0.55] * 3)
    assert "epoch-0002.parquet cannot be read" in caplog.text


def test_an_epoch_of_other_rows_is_left_out(tmp_path):
    save(tmp_path, [0.2] * 3, [0.4] * 3)
    save_epoch(tmp_path, 3, ("a", "b", "x"), np.ones(3), np.ones(3))

    assert read_dynamics(tmp_path).num_epochs == 2


def test_an_attempt_that_starts_again_leaves_no_later_epochs_of_the_other_one(tmp_path):
    save(tmp_path, [0.2] * 3, [0.4] * 3, [0.9] * 3)

    save(tmp_path, [0.5] * 3)

    assert [file.name for file in tmp_path.iterdir()] == ["epoch-0001.parquet"]


def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    save(tmp_path, [0.2] * 3)

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("textcls_core.runs.dynamics.pq.write_table", refuse)
    with pytest.raises(OSError, match="No space"):
        save(tmp_path, [0.4] * 3)

    assert [file.name for file in tmp_path.iterdir()] == ["epoch-0001.parquet"]


def test_a_row_is_forgotten_each_time_it_is_missed_after_it_was_right(tmp_path):
    right = ([1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 0])
    for epoch, correctness in enumerate(right, start=1):
        save_epoch(tmp_path, epoch, ("a", "b", "c"), np.full(3, 0.5), np.array(correctness, float))

    assert read_dynamics(tmp_path).num_forgotten.tolist() == [2, 1, 0]
