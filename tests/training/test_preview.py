"""Tests of what the model will see: tokens, what is cut off, and which texts come first."""

from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import AutoTokenizer

from textcls_core.config import RunConfig
from textcls_core.errors import ModelError
from textcls_core.models.tokens import Reading, tokenize
from textcls_core.training.plan import RunPlan, StepShape, plan_epoch
from textcls_core.training.preview import (
    MAX_CUT_CHARACTERS,
    first_batch,
    first_step_rows,
    preview_of,
)

NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
HOSTILE = "<img src=x onerror=alert(1)> ![h](http://127.0.0.1:9/h.png) \u202e \0 [SEP]"


@pytest.fixture
def model_dir(tmp_path):
    """A tokenizer that knows `one` to `nine`, `##s` and a few signs."""
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *NUMBERS, "##s", "<", ">"]
    vocabulary = {word: position for position, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))  # noqa: S106
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.enable_truncation(5)  # the settings of the file must not count
    tokenizer.enable_padding(length=9)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return tmp_path


def look(model_dir, text, max_length=8, **options):
    return first_batch([text], ["x"], model_dir, max_length=max_length, **options)[0]


def words(row):
    return " ".join(token.text for token in row.tokens)


def kinds(row):
    return [token.kind for token in row.tokens]


def test_preview_shows_tokens_as_the_model_sees_them(model_dir):
    row = look(model_dir, "One TWOS")

    assert words(row) == "[CLS] one two s [SEP]"
    assert [token.is_joined for token in row.tokens] == [False, False, False, True, False]
    assert kinds(row) == ["special", "plain", "plain", "plain", "special"]
    assert (row.label, row.num_cut, row.cut_text, row.num_windows) == ("x", 0, "", 1)


def test_preview_shows_the_characters_of_an_unknown_token(model_dir):
    row = look(model_dir, "one Zebra two")

    assert words(row) == "[CLS] one Zebra two [SEP]"
    assert kinds(row)[2] == "unknown"


def test_preview_marks_a_special_token_spelled_out_in_the_text(model_dir):
    assert kinds(look(model_dir, "one [SEP] two"))[2] == "special"


@pytest.mark.parametrize(("count", "num_cut"), [(5, 0), (6, 0), (7, 1), (9, 3)])
def test_preview_counts_what_is_cut_off(model_dir, count, num_cut):
    text = " ".join(NUMBERS[:count])

    row = look(model_dir, text)

    assert row.num_cut == num_cut
    assert len(row.tokens) == min(count + 2, 8)
    assert row.cut_text == " ".join(NUMBERS[6:count])


def test_preview_says_where_the_end_is_missing(model_dir):
    row = look(model_dir, " ".join(NUMBERS))

    assert words(row) == "[CLS] one two three four five six [SEP]"
    assert row.cut_at == 7


def test_preview_of_head_and_tail_leaves_out_the_middle(model_dir):
    row = look(model_dir, " ".join(NUMBERS), long_documents="head_tail")

    assert words(row) == "[CLS] one two three seven eight nine [SEP]"
    assert (row.cut_at, row.num_cut, row.cut_text) == (4, 3, "four five six")


def test_preview_of_windows_shows_the_first_and_counts_them(model_dir):
    text = " ".join(NUMBERS)

    row = look(model_dir, text, long_documents="windows")

    assert words(row) == "[CLS] one two three four five six [SEP]"
    assert (row.num_windows, row.num_cut, row.cut_text) == (2, 0, "")


def test_preview_of_windows_counts_what_is_beyond_the_last(model_dir):
    text = " ".join(NUMBERS * 3)

    row = look(model_dir, text, long_documents="windows", max_windows=2)

    assert row.num_windows == 2
    assert row.num_cut == 27 - (6 + 4)
    assert row.cut_text.startswith("two three")


def test_preview_shortens_what_is_cut_off(model_dir):
    row = look(model_dir, "one " * 100_000)

    assert row.num_cut == 100_000 - 6
    assert len(row.cut_text) <= MAX_CUT_CHARACTERS + 1
    assert row.cut_text.endswith("…")


@pytest.mark.parametrize("text", ["", " \n\t ", "\0", "\U0001f600", "a\u0301", HOSTILE])
@pytest.mark.parametrize("long_documents", ["truncate", "head_tail", "windows"])
def test_preview_of_strange_texts_is_no_error(model_dir, text, long_documents):
    row = look(model_dir, text, 8, long_documents=long_documents)

    assert row.tokens[0].text == "[CLS]"
    assert all(token.text for token in row.tokens)


def test_preview_keeps_the_order_of_texts_and_labels(model_dir):
    rows = first_batch(["one", "two"], ["a", "b"], model_dir, max_length=8)

    assert [(row.label, row.tokens[1].text) for row in rows] == [("a", "one"), ("b", "two")]


def test_preview_without_a_tokenizer_is_a_message(tmp_path):
    with pytest.raises(ModelError, match=r"has no tokenizer\.json"):
        first_batch(["one"], ["a"], tmp_path, max_length=8)


@pytest.mark.parametrize("family", ["bert", "roberta", "gpt2"])
def test_preview_cuts_like_the_tokenizer_of_transformers(tiny_models, family):
    from transformers import AutoTokenizer

    text = "the old cat was here and we all looked at it 你好 " * 4
    tokenizer = AutoTokenizer.from_pretrained(tiny_models[family])
    kept = tokenizer(text, truncation=True, max_length=24)["input_ids"]
    everything = tokenizer(text)["input_ids"]

    row = look(tiny_models[family], text, 24)

    assert len(row.tokens) == len(kept)
    assert row.num_cut == len(everything) - len(kept)


def test_preview_shows_bytes_of_a_character_as_the_character(tiny_models):
    row = look(tiny_models["gpt2"], "cat 你", 24)

    assert words(row) == "cat ␣ 你 · ·"


def test_first_step_has_the_documents_of_the_plan(toy_dataset):
    config = RunConfig.create({"dataset": "toy", "batch_size": 4, "gradient_accumulation_steps": 2})
    train = toy_dataset.indices("train")
    lengths = np.arange(len(train))
    plan = plan_epoch(lengths, lengths, seed=42, epoch=1, shape=StepShape.of(config))

    found = first_step_rows(toy_dataset, config, Path())

    assert sorted(found) == sorted(train[plan[0].rows])


def test_first_step_of_a_small_data_set_has_all_of_it(toy_dataset):
    config = RunConfig.create({"dataset": "toy", "batch_size": 1000})

    found = first_step_rows(toy_dataset, config, Path())

    assert sorted(found) == toy_dataset.indices("train").tolist()


def test_first_step_follows_the_seed(toy_dataset):
    drawn = [
        first_step_rows(
            toy_dataset, RunConfig.create({"dataset": "toy", "seed": seed}), Path()
        ).tolist()
        for seed in (1, 2)
    ]

    assert drawn[0] != drawn[1]


@pytest.mark.parametrize(
    ("long_documents", "max_length"), [("truncate", 8), ("head_tail", 8), ("windows", 32)]
)
@pytest.mark.parametrize("budget", [1, 90, 2_000, 10**8])
def test_first_step_by_tokens_is_that_of_the_plan(
    long_dataset, tiny_model_dir, budget, long_documents, max_length
):
    settings = {"long_documents": long_documents, "max_length": max_length, "max_windows": 3}
    config = RunConfig.create({"dataset": "toy", "tokens_per_step": budget, **settings})
    train = long_dataset.indices("train")
    tokenizer = AutoTokenizer.from_pretrained(tiny_model_dir)
    reading = Reading(max_length, long_documents, 3)
    lengths = tokenize(long_dataset.texts(train), tokenizer, reading).lengths
    plan = RunPlan.of(config, lengths, np.arange(len(train)))

    found = first_step_rows(long_dataset, config, tiny_model_dir)

    assert sorted(found) == sorted(train[plan.epoch(1)[0].rows])


def test_preview_of_a_step_counts_all_of_its_texts(toy_dataset, tiny_model_dir):
    config = RunConfig.create({"dataset": "toy", "batch_size": 6})

    step = preview_of(toy_dataset, config, tiny_model_dir, num_rows=2)

    assert (step.num_texts, len(step.rows)) == (6, 2)
