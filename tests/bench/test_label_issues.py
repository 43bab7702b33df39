"""`bench label-issues`: planted noise and its arguments."""

import numpy as np
import pytest

from bench.__main__ import build_parser, main
from bench.label_issues import plant_noise


def test_noise_flips_so_many_labels_and_nothing_else(toy_dataset) -> None:
    noisy, flipped = plant_noise(toy_dataset, 0.1, seed=3)

    assert flipped.sum() == 16
    assert np.array_equal(noisy.label_ids != toy_dataset.label_ids, flipped)
    assert noisy.texts() == toy_dataset.texts()


def test_noise_follows_the_seed(toy_dataset) -> None:
    first, again, other = (plant_noise(toy_dataset, 0.1, seed)[1] for seed in (1, 1, 2))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_arguments_are_read() -> None:
    options = build_parser().parse_args(["label-issues", "--data", "bbc", "--seeds", "3,4"])

    assert (options.data, options.seeds, options.noise) == (["bbc"], [3, 4], 0.1)


@pytest.mark.parametrize("arguments", [["--data", "r8"], ["--seeds", "x"], ["--noise", "2"]])
def test_bad_arguments_are_refused(arguments, capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["label-issues", *arguments])

    assert ended.value.code == 2
