"""`bench resume`: how two runs are compared."""

from pathlib import Path
from unittest.mock import MagicMock, Mock

import numpy as np
import pytest
from safetensors.numpy import save_file

from bench import resume
from bench.__main__ import build_parser
from bench.errors import BenchError
from bench.resume import differing_steps, max_weight_difference, require_inside
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.runs.history import History


def history(*losses: float) -> History:
    rows = [
        {"step": step, "train_loss": loss, "gradient_norm": 1.0} for step, loss in enumerate(losses)
    ]
    return History((*rows, {"step": 0, "validation_loss": 1.0}))


def save_weights(folder: Path, *values: float, name: str = "weight") -> Path:
    (folder / "model").mkdir(parents=True)
    tensors = {name: np.array(values, np.float32)}
    save_file(tensors, folder / "model" / "model.safetensors")
    return folder


def test_equal_curves_differ_nowhere() -> None:
    assert differing_steps(history(1.0, 0.5), history(1.0, 0.5)) == []


def test_other_and_missing_losses_are_named() -> None:
    assert differing_steps(history(1.0, 0.5, 0.25), history(1.0, 0.5000001)) == [1, 2]


def test_weight_difference_is_the_largest_one(tmp_path: Path) -> None:
    expected = save_weights(tmp_path / "a", 1.0, 2.0, -3.0)
    found = save_weights(tmp_path / "b", 1.0, 2.5, -4.0)

    assert max_weight_difference(expected, expected) == 0.0
    assert max_weight_difference(expected, found) == 1.0


def test_missing_weights_are_no_equality(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    expected = save_weights(tmp_path / "a", 1.0)

    with pytest.raises(BenchError, match="the same safetensors files in both runs"):
        max_weight_difference(expected, tmp_path / "b")
    with pytest.raises(BenchError, match="the same safetensors files in both runs"):
        max_weight_difference(tmp_path / "b", tmp_path / "b")


def test_other_tensors_are_refused(tmp_path: Path) -> None:
    expected = save_weights(tmp_path / "a", 1.0)
    found = save_weights(tmp_path / "b", 1.0, name="bias")

    with pytest.raises(BenchError, match=r"the same tensors in model\.safetensors"):
        max_weight_difference(expected, found)


def test_stops_after_the_end_are_refused() -> None:
    with pytest.raises(BenchError, match="before the last step, 17, got 17"):
        require_inside([5, 17], 17)


def test_kills_after_the_end_are_refused_before_anything_is_trained(
    monkeypatch: pytest.MonkeyPatch, toy_dataset: TextDataset
) -> None:
    product = MagicMock()
    product.__enter__.return_value.import_dataset.return_value = "toy"
    monkeypatch.setattr(resume, "temporary_product", Mock(return_value=product))
    monkeypatch.setattr(resume, "Session", MagicMock())
    monkeypatch.setattr(resume.data, "load", Mock(return_value=toy_dataset))
    options = build_parser().parse_args(["resume", "--rows", "32", "--stops", "3,9999"])

    with pytest.raises(BenchError, match=r"before the last step, 4, got 9999"):
        resume.measure(options)

    assert not product.__enter__.return_value.train.called


def test_only_the_run_knows_its_steps_if_tokens_decide(toy_dataset: TextDataset) -> None:
    assert resume._num_steps(toy_dataset, {"dataset": "x", "tokens_per_step": "99"}) > 10**9
