"""`bench dist`: loss ratios, and a model that drops nothing."""

from pathlib import Path

import pytest

from bench.distributed import loss_ratios, without_dropout
from bench.errors import BenchError
from textcls_core.files import read_json, write_json


def test_ratio_is_that_of_the_first_step_beside_the_worst() -> None:
    ratios = loss_ratios([1.0, 2.0, 4.0], [1.0, 1.9, 4.1])

    assert ratios["loss_ratio"] == 1.0
    assert ratios["worst_loss_ratio"] == 0.95


@pytest.mark.parametrize(("alone", "together"), [([], []), ([1.0], [1.0, 1.0])])
def test_other_number_of_losses_is_refused(alone: list[float], together: list[float]) -> None:
    with pytest.raises(BenchError, match="as many losses of one process as of several"):
        loss_ratios(alone, together)


def test_copied_model_drops_nothing(tmp_path: Path) -> None:
    write_json(tmp_path / "model" / "config.json", {"hidden_dropout_prob": 0.1, "hidden_size": 4})

    copy = without_dropout(tmp_path / "model", tmp_path / "copy")

    assert read_json(copy / "config.json") == {"hidden_dropout_prob": 0.0, "hidden_size": 4}
