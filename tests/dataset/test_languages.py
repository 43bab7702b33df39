"""Tests of scripts and languages."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data_real import SCRIPTS as FILES
from tests.data_real import SHARED, sib200
from tests.dataset.test_word_counts import make
from textcls_core.dataset import languages as module
from textcls_core.dataset.languages import (
    SCRIPTS,
    is_right_to_left,
    language_mix,
    languages,
    script_ids,
    script_mix,
)

TEXTS = {
    "Latin": "Ça va bien",
    "Greek": "Καλημέρα κόσμε",
    "Cyrillic": "Привет, мир",
    "Armenian": "Բարեւ",
    "Hebrew": "שלום עולם",
    "Arabic": "مرحبا بالعالم",
    "Devanagari": "नमस्ते दुनिया",
    "Bengali": "ওহে বিশ্ব",
    "Tamil": "வணக்கம்",
    "Thai": "สวัสดีชาวโลก",
    "Georgian": "გამარჯობა",
    "Ethiopic": "ሰላም",
    "Hangul": "안녕하세요",
    "Japanese": "日本語のテキスト",
    "Han": "你好，世界",
    "Latin ": "ＦＵＬＬ width",
    "none": "12, 13 😀 ...",
    "other": "ᚠᚢᚦᚨᚱᚲ",
}
SENTENCES = {
    "en": "The weather is very nice today and the sun is shining.",
    "de": "Das Wetter ist heute sehr schön und die Sonne scheint.",
    "fr": "Il fait très beau aujourd'hui et le soleil brille.",
    "es": "Hoy hace muy buen tiempo y el sol brilla en el cielo.",
    "ru": "Сегодня очень хорошая погода, и светит солнце.",
    "zh": "今天天气很好，阳光明媚，我们去公园散步。",
    "ja": "今日はとても天気が良くて、太陽が輝いています。",
    "ko": "오늘은 날씨가 아주 좋고 해가 빛나고 있습니다.",
    "ar": "الطقس جميل جدا اليوم والشمس مشرقة في السماء.",
}


@pytest.mark.parametrize(("script", "text"), TEXTS.items())
def test_script_of_a_text(script, text):
    assert SCRIPTS[script_ids([text])[0]] == script.strip()


@given(st.lists(st.sampled_from(list(TEXTS.values())), max_size=8))
def test_texts_do_not_change_the_script_of_their_neighbours(texts):
    assert script_ids(texts).tolist() == [script_ids([text])[0] for text in texts]


@given(st.characters(categories=["L"], max_codepoint=0xFFFF))
def test_every_letter_has_a_script(letter):
    dropped = unicodedata.category(letter) == "Lm"  # modifiers and kashida are part of words

    assert dropped or SCRIPTS[script_ids([letter * 3])[0]] != "none"


def test_script_of_a_mixed_text_is_that_of_most_of_it():
    assert SCRIPTS[script_ids(["惠斯勒距温哥华车程 (Whistler)"])[0]] == "Han"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("مرحبا بالعالم", True),
        ("iPhone هو هاتف ذكي من آبل", True),
        ("The word سلام means peace", False),
        ("שלום", True),
        ("ދިވެހި", True),
        ("汉语", False),
        ("123", False),
        ("", False),
    ],
)
def test_right_to_left_is_what_most_letters_are(text, expected):
    assert is_right_to_left([text, None]).tolist() == [expected, False]


@pytest.mark.parametrize(("code", "text"), SENTENCES.items())
def test_language_of_a_sentence(code, text):
    assert languages([text]) == [code]


@pytest.mark.parametrize("text", ["", "ok", "ok lol thx", "你好", "123 456 789 000 111 222", "😀" * 50])
def test_short_texts_are_undetermined(text):
    assert languages([text]) == ["und"]


def test_letters_without_meaning_are_undetermined():
    assert languages(["xqzk wvbn plmj rtgf hhgt zzxw kkqp"]) == ["und"]


def test_mix_counts_every_row_for_each_of_its_classes():
    dataset = make(
        [SENTENCES["en"], SENTENCES["de"], SENTENCES["en"], "ok", SENTENCES["ar"]],
        [[0, 1], [1], [0], [], [2]],
    )

    mix = language_mix(dataset)

    assert dict(zip(mix.kinds, mix.counts.tolist(), strict=True)) == {"en": 2, "de": 1, "und": 1, "ar": 1}
    by_class = dict(zip(mix.kinds, mix.by_class.tolist(), strict=True))
    assert by_class == {"en": [2, 1, 0], "de": [0, 1, 0], "und": [0, 0, 0], "ar": [0, 0, 1]}
    assert (mix.share("en"), mix.share("fr")) == (0.4, 0.0)


def test_scripts_of_all_rows_are_counted():
    dataset = make([*TEXTS.values()], [[0]] * len(TEXTS))

    mix = script_mix(dataset)

    assert (mix.kinds[0], mix.counts[0]) == ("Latin", 2)
    assert mix.num_rows == mix.num_all_rows == len(TEXTS)


def test_languages_of_many_rows_are_sampled():
    dataset = make([SENTENCES["en"]] * 50, [[0]] * 50)

    mix = language_mix(dataset, max_rows=10)

    assert (mix.num_rows, mix.num_all_rows, mix.share("en")) == (10, 50, 1.0)


def test_no_rows_have_no_mix():
    mix = language_mix(make([], []))

    assert (mix.kinds, mix.num_rows, mix.share("en")) == ((), 0, 0.0)


def test_progress_can_stop_the_look_at_languages():
    def stop(done, total, what):
        raise InterruptedError(what)

    with pytest.raises(InterruptedError, match="Looking at languages"):
        languages([SENTENCES["en"]], stop)


def test_ranges_do_not_overlap():
    ranges = sorted((first, last) for _, first, last in module._RANGES)

    assert all(a[1] < b[0] for a, b in zip(ranges, ranges[1:], strict=False))


@pytest.mark.skipif(not SHARED.exists(), reason="needs the public data beside the repository")
@pytest.mark.parametrize(("file", "code"), list(zip(FILES, ("en", "zh", "ar"), strict=True)))
def test_sentences_of_sib_are_in_their_language(file, code, tmp_path):
    lines = sib200(tmp_path, file).read_text(encoding="utf-8").splitlines()[1:301]

    found = np.array(languages([line.split("\t")[2] for line in lines]))

    assert np.mean(found == code) >= 0.98
    assert np.isin(found, [code, "und"]).all()
