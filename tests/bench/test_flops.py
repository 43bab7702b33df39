"""Useful work, checked by hand."""

from pathlib import Path

import numpy as np
import pytest

from bench.errors import BenchError
from bench.flops import Encoder, work
from textcls_core.files import write_json

TINY = Encoder(num_layers=2, hidden_size=4, num_weights=10)


def test_training_flops_follow_the_formula() -> None:
    flops = TINY.training_flops(np.array([3, 5]))

    assert flops == 6 * 10 * (3 + 5) + 12 * 2 * 4 * (9 + 25)


def test_encoder_weights_are_twelve_squares_per_layer_of_bert(tmp_path: Path) -> None:
    sizes = {"num_hidden_layers": 6, "hidden_size": 384, "intermediate_size": 1536}
    write_json(tmp_path / "config.json", {"model_type": "bert", **sizes})

    encoder = Encoder.of_model(tmp_path)

    assert encoder == Encoder(6, 384, 12 * 6 * 384**2)


def test_minilm_costs_67_and_78_million_operations_per_token() -> None:
    encoder = Encoder(6, 384, 12 * 6 * 384**2)

    per_token = [encoder.training_flops(np.array([length])) / length / 1e6 for length in (128, 512)]

    assert [round(value) for value in per_token] == [67, 78]


def test_other_shapes_are_refused(tmp_path: Path) -> None:
    write_json(tmp_path / "config.json", {"model_type": "modernbert"})

    with pytest.raises(BenchError, match=r'BERT.s shape .*, got "modernbert"'):
        Encoder.of_model(tmp_path)


def test_padding_is_computed_but_not_useful() -> None:
    batches = [np.array([3, 5]), np.array([2])]

    padded = work(TINY, batches, is_padded=True)
    packed = work(TINY, batches, is_padded=False)

    assert (padded.num_texts, padded.tokens, padded.computed_tokens) == (3, 10, 12)
    assert padded.flops == packed.flops == TINY.training_flops(np.array([3, 5, 2]))
    assert padded.computed_flops == TINY.training_flops(np.array([5, 5, 2]))
    assert packed.computed_tokens == 10
    assert packed.computed_flops == packed.flops
