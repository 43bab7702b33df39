"""Tests of the token store: texts are tokenised once, and read back from disk ever after."""

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from textcls_core.models import token_store as module
from textcls_core.models.token_store import stored_tokens
from textcls_core.models.tokens import Reading, tokenize

TEXTS = ["the old cat", "a small dog was here and we all looked at it", "", "snow"]
READING = Reading(8)
MODES = ["truncate", "head_tail", "windows"]


@pytest.fixture
def tokenizer(tiny_model_dir):
    return AutoTokenizer.from_pretrained(tiny_model_dir)


@pytest.fixture
def no_tokenizing(monkeypatch):
    """Return a function after whose call nobody may tokenise any more."""

    def forbid():
        monkeypatch.setattr(module, "tokenized_parts", None)

    return forbid


@pytest.fixture
def stored(tiny_model_dir, tmp_path):
    """The folder of `TEXTS` in the store, written by another process."""
    stored_tokens(TEXTS, AutoTokenizer.from_pretrained(tiny_model_dir), READING, tmp_path)
    [folder] = (tmp_path / "tokens").iterdir()
    return folder


def folders_in(cache_dir):
    return sorted(path.name for path in (cache_dir / "tokens").iterdir())


def lists_of(tokens):
    return [tokens.ids_of(row).tolist() for row in range(len(tokens))]


def word_tokenizer(vocabulary_size):
    """Return a tokenizer with the words w0, w1 ..., whose ids are their numbers."""
    vocabulary = {f"w{number}": number for number in range(vocabulary_size)}
    backend = Tokenizer(models.WordLevel(vocabulary, unk_token="w0"))  # noqa: S106
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=backend, pad_token="w0")  # noqa: S106


@pytest.mark.parametrize("mode", MODES)
def test_stored_tokens_equal_the_tokens(tokenizer, tmp_path, mode):
    reading = Reading(8, mode)
    expected = tokenize(TEXTS, tokenizer, reading)

    tokens = stored_tokens(TEXTS, tokenizer, reading, tmp_path)

    assert lists_of(tokens) == lists_of(expected)
    assert tokens.counts.tolist() == expected.counts.tolist()


@pytest.mark.parametrize("mode", MODES)
def test_stored_tokens_are_read_by_the_next_process(tiny_model_dir, tmp_path, no_tokenizing, mode):
    def ask():
        tokenizer = AutoTokenizer.from_pretrained(tiny_model_dir)
        return stored_tokens(TEXTS, tokenizer, Reading(8, mode), tmp_path)

    first = ask()
    no_tokenizing()
    second = ask()

    assert lists_of(second) == lists_of(first)


def test_stored_tokens_are_found_whatever_the_tokenizer_did_before(
    tokenizer, tmp_path, no_tokenizing
):
    first = stored_tokens(TEXTS, tokenizer, READING, tmp_path)
    tokenizer("other work", truncation=True, max_length=3)  # leaves its length in the tokenizer
    no_tokenizing()

    second = stored_tokens(TEXTS, tokenizer, READING, tmp_path)

    assert lists_of(second) == lists_of(first)


def test_stored_tokens_lie_on_disk(tokenizer, tmp_path):
    tokens = stored_tokens(TEXTS, tokenizer, READING, tmp_path)
    sequences, _ = tokens.take(np.array([2, 1])).sequences([0, 1])

    assert isinstance(tokens.input_ids, np.memmap)
    assert not tokens.input_ids.flags.writeable
    assert all(np.shares_memory(ids, tokens.input_ids) for ids in sequences)


@pytest.mark.parametrize(
    ("vocabulary_size", "dtype"), [(100, "uint16"), (65_535, "uint16"), (70_000, "uint32")]
)
def test_stored_ids_have_the_narrowest_type(tmp_path, vocabulary_size, dtype):
    last = vocabulary_size - 1

    tokens = stored_tokens([f"w{last} w1"], word_tokenizer(vocabulary_size), READING, tmp_path)

    assert tokens.input_ids.dtype == dtype
    assert tokens.input_ids.tolist() == [last, 1]


def test_stored_tokens_of_no_texts_are_empty(tokenizer, tmp_path):
    tokens = [stored_tokens([], tokenizer, READING, tmp_path) for _ in range(2)]

    assert [len(found) for found in tokens] == [0, 0]


@pytest.mark.parametrize(
    "texts",
    [
        [*TEXTS, ""],
        TEXTS[:3],
        TEXTS[::-1],
        [*TEXTS[:3], "snow "],
        [TEXTS[0] + TEXTS[1], "", *TEXTS[2:]],
    ],
    ids=["one more", "one less", "another order", "a space", "another boundary"],
)
def test_stored_tokens_belong_to_the_texts(stored, tokenizer, tmp_path, texts):
    tokens = stored_tokens(texts, tokenizer, READING, tmp_path)

    assert lists_of(tokens) == lists_of(tokenize(texts, tokenizer, READING))
    assert len(folders_in(tmp_path)) == 2


@pytest.mark.parametrize(
    "reading",
    [Reading(9), Reading(8, "head_tail"), Reading(8, "windows"), Reading(8, "windows", 2)],
    ids=str,
)
def test_stored_tokens_belong_to_what_is_read(stored, tokenizer, tmp_path, reading):
    tokens = stored_tokens(TEXTS, tokenizer, reading, tmp_path)

    assert lists_of(tokens) == lists_of(tokenize(TEXTS, tokenizer, reading))
    assert len(folders_in(tmp_path)) == 2


@pytest.mark.parametrize("family", ["roberta", "gpt2"])
def test_stored_tokens_belong_to_the_tokenizer(stored, tiny_models, tmp_path, family):
    other = AutoTokenizer.from_pretrained(tiny_models[family])
    other.pad_token = other.eos_token

    tokens = stored_tokens(TEXTS, other, READING, tmp_path)

    assert lists_of(tokens) == lists_of(tokenize(TEXTS, other, READING))
    assert len(folders_in(tmp_path)) == 2


def test_stored_tokens_belong_to_the_pad_token(tiny_models, tmp_path):
    tokenizer = AutoTokenizer.from_pretrained(tiny_models["gpt2"])
    tokenizer.pad_token_id = 7
    stored_tokens([""], tokenizer, READING, tmp_path)

    tokenizer.pad_token_id = 8

    assert stored_tokens([""], tokenizer, READING, tmp_path).ids_of(0).tolist() == [8]


# Damage


@pytest.mark.parametrize("name", ["ids.bin", "sizes.npy", "counts.npy", "tokens.json"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.unlink(),
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(file.read_bytes()[:-1]),
        lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
        lambda file: file.write_bytes(b"PK\x03\x04 garbage"),
    ],
    ids=["missing", "empty", "a byte short", "half", "garbage"],
)
def test_damaged_store_is_made_again(stored, tokenizer, tmp_path, name, damage):
    damage(stored / name)

    tokens = stored_tokens(TEXTS, tokenizer, READING, tmp_path)

    assert lists_of(tokens) == lists_of(tokenize(TEXTS, tokenizer, READING))
    assert folders_in(tmp_path) == [stored.name]


def test_store_with_a_byte_too_many_is_made_again(stored, tokenizer, tmp_path):
    with (stored / "ids.bin").open("ab") as file:
        file.write(b"x")

    tokens = stored_tokens(TEXTS, tokenizer, READING, tmp_path)

    assert lists_of(tokens) == lists_of(tokenize(TEXTS, tokenizer, READING))


@pytest.mark.parametrize(
    "content", ["{", "null", "[]", "{}", '{"dtype": "nosuch"}', '{"dtype": 2}', '{"dtype": "<u4"}']
)
def test_store_with_a_wrong_note_is_made_again(stored, tokenizer, tmp_path, content):
    (stored / "tokens.json").write_text(content)

    tokens = stored_tokens(TEXTS, tokenizer, READING, tmp_path)

    assert lists_of(tokens) == lists_of(tokenize(TEXTS, tokenizer, READING))


def test_deleted_store_is_made_again(stored, tokenizer, tmp_path):
    shutil.rmtree(tmp_path / "tokens")

    tokens = stored_tokens(TEXTS, tokenizer, READING, tmp_path)

    assert len(tokens) == 4


def test_failed_write_leaves_nothing(tokenizer, tmp_path, monkeypatch):
    def full_disk(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_json", full_disk)

    with pytest.raises(OSError, match="No space left on device"):
        stored_tokens(TEXTS, tokenizer, READING, tmp_path)

    assert folders_in(tmp_path) == []


# Several writers


def test_two_writers_at_once_leave_one_whole_store(
    tiny_model_dir, tmp_path, monkeypatch, no_tokenizing
):
    both_write = threading.Barrier(2, timeout=30)
    parts = module.tokenized_parts

    def wait_for_the_other(*arguments):
        both_write.wait()
        yield from parts(*arguments)

    monkeypatch.setattr(module, "tokenized_parts", wait_for_the_other)
    tokenizers = [AutoTokenizer.from_pretrained(tiny_model_dir) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        found = list(
            pool.map(lambda each: stored_tokens(TEXTS, each, READING, tmp_path), tokenizers)
        )

    no_tokenizing()
    tokenizer = AutoTokenizer.from_pretrained(tiny_model_dir)
    later = stored_tokens(TEXTS, tokenizer, READING, tmp_path)
    assert len(folders_in(tmp_path)) == 1
    assert lists_of(found[0]) == lists_of(found[1]) == lists_of(later)


def test_writer_that_came_late_takes_what_the_faster_one_wrote(tokenizer, tmp_path, monkeypatch):
    folder = tmp_path / "tokens" / module._key(TEXTS, tokenizer, READING)
    write = module._write

    def write_behind_another(temporary, *arguments):
        write(temporary, *arguments)
        shutil.copytree(temporary, folder)

    monkeypatch.setattr(module, "_write", write_behind_another)

    tokens = stored_tokens(TEXTS, tokenizer, READING, tmp_path)

    assert lists_of(tokens) == lists_of(tokenize(TEXTS, tokenizer, READING))
    assert folders_in(tmp_path) == [folder.name]
