import pytest

from textcls_core.config import RunConfig
from textcls_core.mistakes.reading import read_text
from textcls_core.models.token_lengths import load_tokenizer
from textcls_core.models.tokens import OVERLAP

WORDS = ("cat", "dog", "horse", "bird", "cow", "sheep", "bread", "soup", "apple", "cheese")
TEXT = " ".join(WORDS)


@pytest.fixture(scope="module")
def tokenizers(tiny_models):
    return {name: load_tokenizer(folder) for name, folder in tiny_models.items()}


def config(max_length, **settings):
    return RunConfig.create({"dataset": "toy", "max_length": max_length, **settings})


def stretches(read):
    return [(part.text.strip(), part.is_read) for part in read.parts]


def test_a_short_text_is_read_whole(tokenizers):
    read = read_text(TEXT, tokenizers["bert"], config(12))

    assert stretches(read) == [(TEXT, True)]
    assert (read.num_tokens, read.num_read, read.num_cut) == (12, 12, 0)


def test_the_end_of_a_long_text_is_cut_off(tokenizers):
    read = read_text(TEXT, tokenizers["bert"], config(8))

    assert stretches(read) == [(" ".join(WORDS[:6]), True), (" ".join(WORDS[6:]), False)]
    assert (read.num_tokens, read.num_read, read.num_cut) == (12, 8, 4)


def test_the_middle_is_cut_off_where_head_and_tail_are_read(tokenizers):
    read = read_text(TEXT, tokenizers["bert"], config(8, long_documents="head_tail"))

    assert stretches(read) == [
        (" ".join(WORDS[:3]), True),
        (" ".join(WORDS[3:7]), False),
        (" ".join(WORDS[7:]), True),
    ]
    assert read.num_cut == 4


@pytest.mark.parametrize(
    ("long_documents", "max_length"), [("truncate", 8), ("truncate", 11), ("windows", 32)]
)
@pytest.mark.parametrize("family", ["bert", "roberta", "gpt2"])
def test_reading_ends_where_the_tokenizer_cuts(tiny_models, tokenizers, family, long_documents,
                                               max_length):  # fmt: skip
    text = ", ".join([TEXT, "caf\u00e9 \u4f60\u597d!", *WORDS] * 6)
    cutting = load_tokenizer(tiny_models[family])
    stride = int(max_length * OVERLAP) if long_documents == "windows" else 0
    cutting.enable_truncation(max_length, stride=stride)
    first = cutting.encode(text)
    windows = [first, *first.overflowing][: 2 if stride else 1]
    end = max(stop for _, stop in windows[-1].offsets)

    settings = config(max_length, long_documents=long_documents, max_windows=2)
    read = read_text(text, tokenizers[family], settings)

    assert [part.is_read for part in read.parts] == [True, False]
    assert read.parts[0].text.rstrip() == text[:end].rstrip()
    assert "".join(part.text for part in read.parts) == text
    whole = tokenizers[family].encode(text)
    assert read.num_cut == sum(start >= end for start, stop in whole.offsets if stop > start)


def test_an_empty_text_is_read_whole(tokenizers):
    read = read_text("", tokenizers["gpt2"], config(8))

    assert (read.num_tokens, read.num_cut) == (0, 0)
    assert [part.text for part in read.parts] == [""]
