import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from textcls_core.config import PRESETS, RunConfig
from textcls_core.errors import InvalidArgumentError

HOSTILE_NAMES = ["../../x", "<script>", "\U0001f600", "a\nb", "\u202eb", "'; DROP TABLE", "x" * 80]


def create(**settings) -> RunConfig:
    return RunConfig.create({"dataset": "reviews", **settings})


def test_config_needs_only_a_dataset():
    config = create()

    assert (config.dataset, config.model) == ("reviews", "minilm")


@pytest.mark.parametrize("preset", PRESETS)
def test_preset_fills_what_is_left_out(preset):
    config = create(preset=preset)

    expected = PRESETS[preset]
    assert {name: getattr(config, name) for name in expected} == expected


def test_preset_is_balanced_by_default():
    assert create() == create(preset="balanced")


def test_config_defaults_are_those_of_the_balanced_preset():
    # what a run without the setting was trained with, so that it is resumed exactly
    as_before = {"head_learning_rate": 0.0}

    assert RunConfig(dataset="reviews") == create(**as_before)


def test_preset_never_overrides_a_setting():
    config = create(preset="best", num_epochs=7)

    assert (config.num_epochs, config.max_length) == (7, 512)


@pytest.mark.parametrize("preset", ["medium", "", 3, None, [], {}, ["fast"]])
def test_unknown_preset_is_refused(preset):
    with pytest.raises(
        InvalidArgumentError,
        match=r"preset: input should be 'fast', 'balanced' or 'best', got ",
    ):
        create(preset=preset)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("num_epochs", "5", 5),
        ("learning_rate", "3e-5", 3e-5),
        ("seed", "0", 0),
        ("warmup_ratio", "0", 0.0),
        ("early_stopping_patience", "2", 2),
    ],
)
def test_settings_from_the_command_line_are_converted(name, text, value):
    assert getattr(create(**{name: text}), name) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("num_epochs", 1),
        ("num_epochs", 1_000),
        ("max_length", 8),
        ("max_length", 8_192),
        ("learning_rate", 1e-12),
        ("batch_size", 4_096),
        ("gradient_accumulation_steps", 1),
        ("warmup_ratio", 0),
        ("warmup_ratio", 0.99),
        ("weight_decay", 0),
        ("weight_decay", 1),
        ("max_grad_norm", 1e9),
        ("attention_dropout", 0.5),
        ("seed", 0),
        ("seed", 2**32 - 1),
        ("evaluation_steps", 0),
        ("early_stopping_patience", 0),
        ("max_windows", 2),
        ("max_windows", 64),
        ("max_tokens_per_batch", 0),
        ("max_tokens_per_batch", 10_000_000),
        ("layer_wise_learning_rate_decay", 1),
        ("layer_wise_learning_rate_decay", 1e-6),
        ("head_learning_rate", 0),
        ("label_smoothing_factor", 0.99),
        ("freeze_layers", 1_000),
        ("lora_rank", 512),
        ("lora_alpha", 1),
        ("lora_dropout", 0),
        ("ema_decay", 0.9999),
        ("checkpoint_steps", 0),
        ("group", "lr-search-1"),
        ("num_processes", 64),
        ("num_nodes", 512),
        ("name", "x" * 80),
        ("dataset", "x" * 200),
        ("model", "x" * 500),
    ],
)
def test_values_at_the_edge_are_accepted(name, value):
    assert getattr(create(**{name: value}), name) == value


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("num_epochs", 0, "greater than or equal to 1, got '0'"),
        ("num_epochs", 10**6, "less than or equal to 1000, got '1000000'"),
        ("num_epochs", 1.5, "valid integer, got a number with a fractional part, got '1.5'"),
        ("num_epochs", "many", "valid integer, unable to parse string as an integer, got 'many'"),
        ("max_length", 7, "greater than or equal to 8"),
        ("max_length", 10**6, "less than or equal to 8192"),
        ("learning_rate", 0, "greater than 0, got '0'"),
        ("learning_rate", -1e-5, "greater than 0, got '-1e-05'"),
        ("learning_rate", 1e9, "less than 1"),
        ("learning_rate", float("nan"), "finite number, got 'nan'"),
        ("learning_rate", "nan", "finite number, got 'nan'"),
        ("learning_rate", float("inf"), "finite number, got 'inf'"),
        ("batch_size", 0, "greater than or equal to 1"),
        ("batch_size", 10**6, "less than or equal to 4096"),
        ("gradient_accumulation_steps", 0, "greater than or equal to 1"),
        ("warmup_ratio", 1, "less than 1"),
        ("warmup_ratio", -0.1, "greater than or equal to 0"),
        ("warmup_ratio", "nan", "finite number"),
        ("weight_decay", -1, "greater than or equal to 0"),
        ("weight_decay", 2, "less than or equal to 1"),
        ("max_grad_norm", 0, "greater than 0"),
        ("max_grad_norm", "inf", "finite number"),
        ("attention_dropout", 1, "less than 1"),
        ("seed", -1, "greater than or equal to 0"),
        ("seed", 2**64, "less than 4294967296"),
        ("evaluation_steps", -1, "greater than or equal to 0"),
        ("early_stopping_patience", -1, "greater than or equal to 0"),
        ("metric_for_best_model", "loss", "'validation_loss', 'validation_accuracy'"),
        ("max_windows", 1, "greater than or equal to 2"),
        ("max_windows", 65, "less than or equal to 64"),
        ("max_tokens_per_batch", -1, "greater than or equal to 0"),
        ("long_documents", "cut", "'truncate', 'head_tail' or 'windows', got 'cut'"),
        ("lr_scheduler_type", "step", "'linear', 'cosine' or 'constant', got 'step'"),
        ("layer_wise_learning_rate_decay", 0, "greater than 0"),
        ("head_learning_rate", -1e-3, "greater than or equal to 0"),
        ("head_learning_rate", 1, "less than 1"),
        ("layer_wise_learning_rate_decay", 1.1, "less than or equal to 1"),
        ("layer_wise_learning_rate_decay", "nan", "finite number"),
        ("loss", "hinge", "'cross_entropy' or 'focal', got 'hinge'"),
        ("focal_gamma", -1, "greater than or equal to 0"),
        ("focal_gamma", "inf", "finite number"),
        ("label_smoothing_factor", 1, "less than 1"),
        ("class_weights", "auto", "'none' or 'balanced', got 'auto'"),
        ("oversampling", "perhaps", "valid boolean"),
        ("pooling", "max", "'head' or 'mean', got 'max'"),
        ("freeze_layers", -1, "greater than or equal to 0"),
        ("lora_rank", -1, "greater than or equal to 0"),
        ("lora_rank", 513, "less than or equal to 512"),
        ("lora_alpha", 0, "greater than or equal to 1"),
        ("lora_dropout", 1, "less than 1"),
        ("ema_decay", 1, "less than 1"),
        ("ema_decay", "nan", "finite number"),
        ("checkpoint_steps", -1, "greater than or equal to 0"),
        ("num_folds", 33, "less than or equal to 32"),
        ("group", "../x", "match pattern"),
        ("group", "x" * 41, "at most 40 characters"),
        ("num_processes", 0, "greater than or equal to 1"),
        ("num_processes", 65, "less than or equal to 64"),
        ("num_nodes", 0, "greater than or equal to 1"),
        ("packing", "on", "'auto' or 'off', got 'on'"),
        ("device", "tpu", "'auto', 'cpu', 'cuda' or 'mps', got 'tpu'"),
        ("precision", "fp16", "'auto', 'fp32' or 'bf16', got 'fp16'"),
        ("name", "x" * 81, "string should have at most 80 characters, got 'x{60}'"),
        ("name", "\ud800", "valid string"),
        ("name", None, "valid string, got 'None'"),
        ("dataset", "", "string should have at least 1 character"),
        ("model", "", "string should have at least 1 character"),
        ("model", "x" * 501, "string should have at most 500 characters"),
    ],
)
def test_values_out_of_range_are_refused(name, value, message):
    with pytest.raises(
        InvalidArgumentError, match=rf"^Settings out of range\. {name}: .*{message}.*\.$"
    ):
        create(**{name: value})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lora_rank": 4, "freeze_layers": 1}, "LoRA already leaves all pretrained weights"),
        ({"lora_rank": 4, "freeze_embeddings": True}, "set lora_rank to 0, or freeze_layers to 0"),
        (
            {"lora_rank": 4, "layer_wise_learning_rate_decay": 0.9},
            "layer_wise_learning_rate_decay has no pretrained layer to act on with LoRA",
        ),
        (
            {"long_documents": "windows", "max_length": 31},
            "windows need a max_length of at least 32, got 31",
        ),
        (
            {"loss": "focal", "label_smoothing_factor": 0.1},
            "focal loss is not defined for smoothed labels; set label_smoothing_factor to 0",
        ),
        (
            {"oversampling": True, "class_weights": "balanced"},
            "oversampling and balanced class_weights would count rare classes twice; choose one",
        ),
        (
            {"tokens_per_step": 4_096, "gradient_accumulation_steps": 2},
            "tokens_per_step alone decides the texts of a step, .* set gradient_accumulation_steps "
            "to 1, or tokens_per_step to 0",
        ),
        ({"num_folds": 5, "fold": 6}, r"fold must be from 1 to num_folds \(5\), got 6"),
        ({"num_folds": 5}, r"fold must be from 1 to num_folds \(5\), got 0"),
        ({"num_folds": 1, "fold": 1}, "num_folds must be 0 or at least 2, got 1"),
    ],
    ids=str,
)
def test_settings_that_contradict_each_other_are_refused(settings, message):
    with pytest.raises(InvalidArgumentError, match=rf"^Settings out of range\. .*{message}.*\.$"):
        create(**settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"long_documents": "windows", "max_length": 32},
        {"lora_rank": 4, "ema_decay": 0.99, "pooling": "mean"},
        {"loss": "focal", "class_weights": "balanced"},
        {"num_folds": 5, "fold": 5},
        {"freeze_layers": 2, "layer_wise_learning_rate_decay": 0.9},
    ],
    ids=str,
)
def test_settings_that_go_together_are_accepted(settings):
    config = create(**settings)

    assert {name: getattr(config, name) for name in settings} == settings


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("tensorboard", ("tensorboard",)),
        ("tensorboard, mlflow", ("tensorboard", "mlflow")),
        ("", ()),
        (["mlflow"], ("mlflow",)),
    ],
)
def test_trackers_are_words_separated_by_commas(text, value):
    assert create(report_to=text).report_to == value


def test_unknown_tracker_is_refused():
    with pytest.raises(InvalidArgumentError, match="'tensorboard' or 'mlflow', got 'wandb'"):
        create(report_to="wandb")


def test_every_wrong_setting_is_named():
    with pytest.raises(InvalidArgumentError, match=r"num_epochs: .*; batch_size: .*; seed: "):
        create(num_epochs=0, batch_size=0, seed=-1)


def test_missing_dataset_is_named_without_the_other_settings():
    with pytest.raises(
        InvalidArgumentError, match=r"^Settings out of range\. dataset: field required\.$"
    ):
        RunConfig.create({"name": "secret"})


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("num_epoch", 'Did you mean "num_epochs"?'),
        ("learning-rate", 'Did you mean "learning_rate"?'),
        ("batchsize", 'Did you mean "batch_size"?'),
        ("zzz", "Settings: name, dataset, dataset_fingerprint, model, preset, num_epochs"),
    ],
)
def test_unknown_setting_is_refused_with_a_hint(name, hint):
    with pytest.raises(InvalidArgumentError) as error:
        create(**{name: 1})

    assert str(error.value).startswith(f'"{name}" is not a setting of a run. {hint}')


def test_long_unknown_setting_is_cut():
    with pytest.raises(InvalidArgumentError, match=r'^"x{60}" is not a setting'):
        create(**{"x" * 10_000: 1})


def test_config_cannot_be_changed():
    config = create()

    with pytest.raises(ValidationError, match="Instance is frozen"):
        config.num_epochs = 9


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "name": st.text(st.characters(codec="utf-8"), max_size=80),
            "model": st.text(st.characters(codec="utf-8"), min_size=1, max_size=500),
            "preset": st.sampled_from(list(PRESETS)),
            "num_epochs": st.integers(1, 1_000),
            "learning_rate": st.floats(1e-12, 0.99),
            "weight_decay": st.floats(0, 1),
            "seed": st.integers(0, 2**32 - 1),
            "device": st.sampled_from(["auto", "cpu", "cuda", "mps"]),
        },
    )
)
def test_config_survives_a_json_round_trip(settings):
    config = create(**settings)

    assert RunConfig.model_validate_json(config.model_dump_json()) == config


def test_config_survives_a_round_trip_through_its_settings():
    config = create(preset="fast", seed=7)

    assert RunConfig.create(config.model_dump()) == config


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_name_is_kept_as_a_label(name):
    assert create(name=name).title == name


@pytest.mark.parametrize(
    ("model", "title"),
    [
        ("minilm", "minilm on reviews"),
        ("/models/my-bert/", "my-bert on reviews"),
        ("google/bert", "bert on reviews"),
    ],
)
def test_title_without_a_name_says_what_is_trained_on_what(model, title):
    assert create(model=model).title == title


@pytest.mark.parametrize(
    ("settings", "is_plain"),
    [
        ({}, True),
        ({"oversampling": True}, True),
        ({"loss": "focal"}, False),
        ({"loss": "focal", "focal_gamma": 0}, True),
        ({"class_weights": "balanced"}, False),
        ({"label_smoothing_factor": 0.1}, False),
    ],
)
def test_plain_loss_is_neither_focal_nor_weighted_nor_smoothed(settings, is_plain):
    assert create(**settings).has_plain_loss is is_plain


def test_documents_per_step_count_all_forward_passes():
    assert create(batch_size=8, gradient_accumulation_steps=4).documents_per_step == 32


def test_documents_per_step_count_all_processes():
    config = create(batch_size=8, gradient_accumulation_steps=2, num_processes=4, num_nodes=3)

    assert config.documents_per_step == 192
