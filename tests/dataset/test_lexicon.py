"""Tests of words learned from texts without spaces."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textcls_core.dataset.characters import read_characters, string_column, strings
from textcls_core.dataset.lexicon import Lexicon, learn_lexicon, words

WORDS = ["政府", "足球", "天气", "土耳其", "科学家", "旅游", "医院", "互联网", "总统", "音乐"]
PARTICLES = ["的", "是", "在", "了", "和"]


def cut(lexicon, *texts):
    read = read_characters(list(texts))
    return strings(read, words(read, lexicon))


@pytest.fixture(scope="module")
def sentences():
    """Sentences of words and particles in random order, without spaces."""
    generator = np.random.default_rng(0)
    return [
        "".join(
            str(generator.choice(WORDS)) + str(generator.choice(PARTICLES)) for _ in range(12)
        )
        for _ in range(300)
    ]


@pytest.fixture(scope="module")
def lexicon(sentences):
    return learn_lexicon(string_column(sentences))


@pytest.mark.parametrize("word", WORDS)
def test_words_are_learned_whole(lexicon, word):
    assert cut(lexicon, f"的{word}在") == ["的", word, "在"]


def test_no_piece_and_no_word_with_a_particle_is_learned(lexicon):
    assert sum(map(len, lexicon.hashes.values())) == len(WORDS)


def test_words_with_spaces_and_signs_stay_as_they_are(lexicon):
    assert cut(lexicon, "The 政府足球 won £5") == ["the", "政府", "足球", "won", "£", "5"]


def test_longest_word_wins(sentences):
    longer = [f"{text}政府官员{PARTICLES[n % 5]}" for n, text in enumerate(sentences)]
    lexicon = learn_lexicon(string_column([*sentences, *longer]))

    assert cut(lexicon, "在政府官员的政府") == ["在", "政府官员", "的", "政府"]


def test_unknown_runs_become_single_characters():
    assert cut(Lexicon({}), "我爱你", "a b") == ["我", "爱", "你", "a", "b"]


@pytest.mark.parametrize("texts", [[], [""], ["only words", None]])
def test_texts_without_runs_teach_nothing(texts):
    assert learn_lexicon(string_column(texts)).hashes == {}


@given(st.lists(st.text(st.sampled_from("政府足球的 ab1。"), max_size=15), max_size=5))
def test_cutting_loses_and_doubles_nothing(texts):
    lexicon = learn_lexicon(string_column(["政府的足球", "足球政府", "的政府足球的"] * 3))

    assert "".join(cut(lexicon, *texts)) == "".join(texts).replace(" ", "").replace("。", "")


def test_thai_words_are_learned():
    generator = np.random.default_rng(0)
    vocabulary = (
        "ประเทศ รัฐบาล อาหาร ดนตรี ฟุตบอล โรงเรียน น้ำ บ้าน คน เมือง รถยนต์ หนังสือ ภาษา ทะเล ภูเขา "
        "ตลาด เงิน แพทย์ นักเรียน ครู วันนี้ สวย ใหญ่ เล็ก กิน เดิน เขียน อ่าน เล่น ซื้อ"
    ).split()
    texts = ["".join(generator.choice(vocabulary, 10)) for _ in range(300)]

    lexicon = learn_lexicon(string_column(texts))

    assert cut(lexicon, "รัฐบาลซื้ออาหาร") == ["รัฐบาล", "ซื้อ", "อาหาร"]
