import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from textcls_core.errors import ModelError
from textcls_core.models import token_lengths as module
from textcls_core.models.token_lengths import cached_token_lengths, share_cut_off, token_lengths

TEXTS = ["one", "one two", "", "one two three four", "unknown"]
LENGTHS = [3, 4, 2, 6, 3]
"""Words, and two special tokens."""


def make_model(folder: Path, *, max_length: int | None = None, pad_to: int | None = None) -> Path:
    """Write a tokenizer that counts words between a start and an end token."""
    words = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "one", "two", "three", "four"]
    vocabulary = {word: position for position, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))  # noqa: S106
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    if max_length:
        tokenizer.enable_truncation(max_length)
    if pad_to:
        tokenizer.enable_padding(length=pad_to)
    folder.mkdir(exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def test_token_lengths_count_special_tokens(tmp_path):
    lengths = token_lengths(TEXTS, make_model(tmp_path))

    assert lengths.tolist() == LENGTHS


@pytest.mark.parametrize("settings", [{"max_length": 3}, {"pad_to": 16}], ids=["cut", "padded"])
def test_token_lengths_are_neither_cut_nor_padded(tmp_path, settings):
    lengths = token_lengths(TEXTS, make_model(tmp_path, **settings))

    assert lengths.tolist() == LENGTHS


def test_token_lengths_of_no_texts_are_none(tmp_path):
    lengths = token_lengths([], make_model(tmp_path))

    assert (lengths.shape, lengths.dtype) == ((0,), np.int64)


@pytest.mark.parametrize(
    "text", ["\0", "\U0001f600", "\u202e", "a\u0301", " \n\t", "one " * 100_000]
)
def test_token_lengths_take_any_text(tmp_path, text):
    assert token_lengths([text], make_model(tmp_path))[0] >= 2


@pytest.mark.parametrize("use", ["token_lengths", "cached_token_lengths"])
def test_model_without_tokenizer_is_refused(tmp_path, use):
    arguments = {
        "token_lengths": (["one"], tmp_path / "empty"),
        "cached_token_lengths": (["one"], "f" * 64, tmp_path / "empty", tmp_path),
    }

    with pytest.raises(
        ModelError,
        match=r"^empty has no tokenizer\.json, so its tokens cannot be counted here\. "
        "Save the tokenizer once more with a current transformers",
    ):
        getattr(module, use)(*arguments[use])


def test_cached_lengths_equal_the_lengths(tmp_path):
    model = make_model(tmp_path / "model")

    lengths = cached_token_lengths(TEXTS, "f" * 64, model, tmp_path / "cache")

    assert lengths.tolist() == LENGTHS


def test_cached_lengths_are_computed_once(tmp_path, monkeypatch):
    model = make_model(tmp_path / "model")
    cached_token_lengths(TEXTS, "f" * 64, model, tmp_path / "cache")
    monkeypatch.setattr(module, "token_lengths", None)

    lengths = cached_token_lengths(TEXTS, "f" * 64, model, tmp_path / "cache")

    assert lengths.tolist() == LENGTHS


def test_cached_lengths_belong_to_one_data_set(tmp_path):
    model = make_model(tmp_path / "model")
    cached_token_lengths(TEXTS, "f" * 64, model, tmp_path / "cache")

    other = cached_token_lengths(["one two"], "e" * 64, model, tmp_path / "cache")

    assert other.tolist() == [4]


def test_cached_lengths_belong_to_one_tokenizer(tmp_path):
    model = make_model(tmp_path / "model")
    cached_token_lengths(TEXTS, "f" * 64, model, tmp_path / "cache")
    settings = json.loads((model / "tokenizer.json").read_text())
    (model / "tokenizer.json").write_text(json.dumps({**settings, "post_processor": None}))

    lengths = cached_token_lengths(TEXTS, "f" * 64, model, tmp_path / "cache")

    assert lengths.tolist() == [length - 2 for length in LENGTHS]


def test_cached_lengths_come_back_after_the_cache_is_deleted(tmp_path):
    model = make_model(tmp_path / "model")
    cached_token_lengths(TEXTS, "f" * 64, model, tmp_path / "cache")
    next((tmp_path / "cache" / "token_lengths").iterdir()).unlink()

    lengths = cached_token_lengths(TEXTS, "f" * 64, model, tmp_path / "cache")

    assert lengths.tolist() == LENGTHS


def test_cached_lengths_leave_one_file(tmp_path):
    model = make_model(tmp_path / "model")

    cached_token_lengths(TEXTS, "f" * 64, model, tmp_path / "cache")

    assert len(list((tmp_path / "cache" / "token_lengths").iterdir())) == 1


def test_cached_lengths_of_many_texts_are_all_there_on_demand(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_MEASURED", 100)
    model = make_model(tmp_path / "model")

    lengths = cached_token_lengths(["one"] * 1_000, "f" * 64, model, tmp_path / "cache", most=1_000)

    assert lengths.tolist() == [3] * 1_000


def test_cached_lengths_of_many_texts_are_those_of_a_sample(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_MEASURED", 100)
    model = make_model(tmp_path / "model")
    texts = ["one", "one two"] * 500

    lengths = cached_token_lengths(texts, "f" * 64, model, tmp_path / "cache")

    assert len(lengths) == 100
    assert lengths.mean() == pytest.approx(3.5, abs=0.15)


def test_the_sample_is_the_same_every_time(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_MEASURED", 10)
    model = make_model(tmp_path / "model")
    texts = ["one " * n for n in range(100)]

    one, other = (
        cached_token_lengths(texts, "f" * 64, model, tmp_path / cache) for cache in ("a", "b")
    )

    assert one.tolist() == other.tolist()


@pytest.mark.parametrize(
    ("lengths", "max_length", "expected"),
    [
        ([100, 300], 200, (0.5, 0.25)),
        ([100, 300], 300, (0, 0)),
        ([100, 300], 299, (0.5, 1 / 400)),
        ([512], 256, (1, 0.5)),
        ([0, 0], 8, (0, 0)),
    ],
)
def test_share_cut_off_counts_texts_and_tokens(lengths, max_length, expected):
    assert share_cut_off(np.array(lengths), max_length) == pytest.approx(expected)


@given(st.lists(st.integers(0, 10_000), min_size=1), st.integers(1, 10_000))
def test_share_cut_off_never_grows_with_the_limit(lengths, max_length):
    before = share_cut_off(np.array(lengths), max_length)

    after = share_cut_off(np.array(lengths), max_length + 1)

    assert all(0 <= new <= old <= 1 for old, new in zip(before, after, strict=True))


def test_counting_tokens_loads_neither_torch_nor_transformers(tmp_path):
    model = make_model(tmp_path)
    code = (
        "import sys; from pathlib import Path;"
        "from textcls_core.models.token_lengths import token_lengths;"
        "token_lengths(['one'], Path(sys.argv[1]));"
        "sys.exit(bool({'torch', 'transformers'} & set(sys.modules)))"
    )

    result = subprocess.run([sys.executable, "-c", code, str(model)], check=False)

    assert result.returncode == 0
