"""Tests that words are pieces of the text at their place, and that nothing gets lost between them.

What a tokenizer drops (spaces, control characters, accents of an uncased model) stands between the
words, so the text is always rebuilt exactly.
"""

import unicodedata

import pytest

from tests.data_bad import HOSTILE_TEXTS
from tests.data_real import SCRIPTS, sib200
from tests.explanation.tiny_tokenizers import BUILDERS, reader
from textcls_core.dataset.building import clean_text
from textcls_core.explanation.attention import load_explainable
from textcls_core.explanation.words import read_text

FAMILIES = ["bert", "distilbert", "roberta", "gpt2", *BUILDERS]
HOSTILE = (
    *HOSTILE_TEXTS,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 family",
    "\U0001f1e9\U0001f1ea\U0001f44d\U0001f3fd",
    "e\u0301te\u0301 a\u030a\u0323 Z\u0351\u036b\u0343algo",
    "\u0645\u0631\u062d\u0628\u0627 \u0628\u0643\u060c \u0623\u0647\u0644\u064b\u0627.",
    "\u05e9\u05dc\u05d5\u05dd (abc) 123 \u05e2\u05d5\u05dc\u05dd",
    "\u4eca\u5929\u5929\u6c14\u5f88\u597d\uff0c\u6211\u4eec\u53bb\u516c\u56ed\u3002",
    "\u3053\u3093\u306b\u3061\u306f\u4e16\u754c\ud55c\uad6d\uc5b4",
    "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u0e0a\u0e32\u0e27\u0e42\u0e25\u0e01",
    "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e",
    "nul\0 and \x07 bell \x85 next\u2028line",
    "half \ud83d a \udc00 character",
    "x" * 300,
    "\u4e00" * 300,
    "a" * 40 + "-" * 40 + "\U0001f600" * 20,
    "   two   spaces\t\ttabs\n\nlines  ",
    "\ufeffbyte order \u00a0 no break \u3000 wide",
    "\u1e9e\u00df \u0130 \ufb01 \u2126 \u212b",
)
SPACES = ("   ", "\n\t ", "\u00a0\u3000", "\u200b", "\u200e\u200f")
SENTENCES = {
    "eng_Latn": "The bus is late, isn't it? 3.14",
    "zho_Hans": "\u516c\u4ea4\u8f66\u665a\u70b9\u4e86\uff0c\u5bf9\u5417\uff1f",
    "arb_Arab": "\u062a\u0623\u062e\u0631\u062a \u0627\u0644\u062d\u0627\u0641\u0644\u0629\u060c "
    "\u0623\u0644\u064a\u0633 \u0643\u0630\u0644\u0643\u061f",
}


@pytest.fixture(scope="module", params=FAMILIES)
def classifier(request, saved):
    name = request.param
    return reader(name) if name in BUILDERS else load_explainable(saved[name])


def rebuilt(read):
    """Return the text put together again from its words, and what stands between them."""
    result, gaps, position = "", "", 0
    for word, (start, end) in zip(read.words, read.spans, strict=True):
        if end <= start:  # a special token
            continue
        gap = read.text[position:start]
        piece = read.text[start:end]
        result += gap + (piece if piece.strip() == "" else word)
        gaps += gap
        position = end
    return result, gaps, read.text[position:]


def is_dropped(character):
    """Return whether tokenizers may leave a character out: spaces, controls, marks, the unknown."""
    category = unicodedata.category(character)
    return character.isspace() or category[0] in "CM" or character == "\ufffd"


def require_exact(classifier, text):
    read = read_text(classifier, text)
    result, gaps, rest = rebuilt(read)
    starts = [start for start, end in read.spans if end > start]
    assert starts == sorted(starts)
    assert result + rest == clean_text(text)
    assert all(map(is_dropped, gaps))
    assert read.num_cut or all(map(is_dropped, rest))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_rebuilt_exactly(classifier, text):
    require_exact(classifier, text)


@pytest.mark.parametrize("text", ["a" + space + "b" for space in SPACES])
def test_spaces_between_words_are_kept(classifier, text):
    require_exact(classifier, text)


@pytest.mark.parametrize("script", SCRIPTS)
def test_sentences_in_three_scripts_are_rebuilt_exactly(classifier, script, tmp_path):
    lines = sib200(tmp_path, script).read_text(encoding="utf-8").splitlines()[1:201]
    texts = [line.split("\t")[2] for line in lines]
    assert len(texts) == 200

    for text in [SENTENCES[script], *texts]:
        require_exact(classifier, text)


def test_accents_that_an_uncased_model_drops_stay_in_their_words(saved):
    classifier = load_explainable(saved["bert"])

    read = read_text(classifier, "e\u0301te\u0301 caf\u00e9")

    assert read.words[1:-1] == ("e\u0301te\u0301", "caf\u00e9")
