"""Tests of settings side by side and of cloning."""

import pytest

from textcls_core.config import RunConfig
from textcls_core.errors import InvalidArgumentError
from textcls_core.runs.settings import clone_config, config_diff

CONFIG = RunConfig.create(
    {"dataset": "toy", "dataset_fingerprint": "f" * 64, "group": "some-group"}
)


def test_equal_settings_do_not_differ():
    assert config_diff(CONFIG, CONFIG.model_copy()) == []


def test_differences_come_in_the_order_of_the_settings_with_both_values():
    other = CONFIG.model_copy(update={"seed": 7, "num_epochs": 9, "report_to": ("mlflow",)})

    assert config_diff(CONFIG, other) == [
        ("num_epochs", 3, 9),
        ("seed", 42, 7),
        ("report_to", (), ("mlflow",)),
    ]


def test_a_clone_keeps_everything_but_the_group():
    assert config_diff(CONFIG, clone_config(CONFIG, {})) == [("group", "some-group", "")]


def test_a_clone_takes_changes_as_they_are_typed():
    clone = clone_config(CONFIG, {"learning_rate": "1e-3", "oversampling": "true"})

    assert (clone.learning_rate, clone.oversampling) == (1e-3, True)


def test_a_clone_on_another_data_set_takes_its_newest_version():
    clone = clone_config(CONFIG, {"dataset": "other"})

    assert (clone.dataset, clone.dataset_fingerprint) == ("other", "")


def test_a_clone_with_another_preset_takes_its_settings_unless_they_are_given():
    clone = clone_config(CONFIG, {"preset": "best", "num_epochs": 1})

    assert (clone.preset, clone.max_length, clone.num_epochs) == ("best", 512, 1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lerning_rate": 1}, '"lerning_rate" is not a setting of a run. Did you mean'),
        ({"num_epochs": 0}, "num_epochs: input should be greater than or equal to 1, got '0'"),
        ({"preset": "slow"}, "preset: input should be 'fast', 'balanced' or 'best', got 'slow'"),
        ({"lora_rank": 4, "freeze_layers": 2}, "LoRA already leaves all pretrained weights"),
    ],
)
def test_a_clone_with_wrong_changes_is_refused(changes, message):
    with pytest.raises(InvalidArgumentError, match=message):
        clone_config(CONFIG, changes)
