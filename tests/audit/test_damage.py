import html

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textcls_core.audit.damage import (
    remove_control_characters,
    remove_html,
    repair_encoding,
    rows_with_control_characters,
    rows_with_html,
    rows_with_lost_characters,
    rows_with_wrong_encoding,
)

WORDS = [
    "déjà",
    "naïve",
    "Größe",
    "příliš",
    "żółć",
    "привет",
    "你好",
    "سلام",
    "café",
    "5 €",
    "“so”",
]
ORDINARY = [
    "IRMÃ”",
    "A MANHÃ…",
    "liberté\xa0»",
    "« liberté\xa0» — oui",
    "face à\xa0«La Poste»",
    "AMANHÃ\xa0NO",
    "São Paulo é ótimo",
    "Ünïcödé",
    "naïve café",
    "你好",
    "plain",
    "A Â B",
    "«\xa0été\xa0»",
]


def column(*texts: str) -> pa.ChunkedArray:
    return pa.chunked_array([list(texts)], pa.string())


def misread(text: str, encoding: str) -> str:
    """Return UTF-8 read in another encoding; bytes it lacks stay as control characters."""
    return "".join(
        bytes([byte]).decode(encoding) if _has(encoding, byte) else chr(byte)
        for byte in text.encode()
    )


def _has(encoding: str, byte: int) -> bool:
    return not (encoding == "cp1252" and byte in {0x81, 0x8D, 0x8F, 0x90, 0x9D})


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
@pytest.mark.parametrize("text", WORDS)
def test_repair_encoding_gives_back_what_was_written(text, encoding):
    assert repair_encoding(misread(text, encoding)) == text


@given(st.lists(st.sampled_from([*WORDS, "plain", "words", "😀"]), min_size=1, max_size=6))
def test_repair_encoding_undoes_one_misreading_of_whole_texts(words):
    text = " ".join(words)

    assert repair_encoding(misread(text, "cp1252")) == text


def test_repair_encoding_undoes_two_misreadings():
    assert repair_encoding(misread(misread("café", "cp1252"), "cp1252")) == "café"


@pytest.mark.parametrize("text", ORDINARY)
def test_repair_encoding_leaves_ordinary_writing_alone(text):
    assert repair_encoding(text) == text


@given(st.text(st.characters(codec="cp1252", exclude_categories=["Cc"])))
def test_repair_encoding_never_invents_replacement_characters(text):
    assert "\ufffd" not in repair_encoding(text)


def test_repair_encoding_reads_windows_quotes_that_were_read_as_latin_1():
    assert repair_encoding("that\x92s it") == "that\u2019s it"


def test_repair_encoding_leaves_a_text_alone_that_is_broken_only_in_part():
    assert repair_encoding("cafÃ© 你好") == "cafÃ© 你好"


def test_rows_with_wrong_encoding_are_those_that_a_repair_changes():
    texts = column("fine", "cafÃ©", "IRMÃ”", "that\x92s", "naïve")

    assert rows_with_wrong_encoding(texts).tolist() == [1, 3]


def test_rows_with_lost_and_with_control_characters():
    texts = column("a\ufffdb", "a\x07b", "tab\there\r\n", "fine")

    assert rows_with_lost_characters(texts).tolist() == [0]
    assert rows_with_control_characters(texts).tolist() == [1]
    assert remove_control_characters("a\x07b\tc") == "ab\tc"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<p>One</p><p>two</p>", "One two"),
        ("a<br/>b <BR> c", "a b c"),
        ('<a href="http://x?a=1&amp;b=2">link</a>', "link"),
        ("x<!-- <b>gone</b> -->y", "x y"),
        ("x<script>if (a<b) {}</script>y", "x y"),
        ("fish &amp; chips &#163;5 &#x263A;", "fish & chips £5 ☺"),
        ("a&nbsp;b", "a\xa0b"),
        ("&lt;b&gt; is a tag", "<b> is a tag"),
    ],
)
def test_remove_html_leaves_what_a_reader_saw(text, expected):
    assert remove_html(text) == expected


@pytest.mark.parametrize(
    "text",
    ["1 < 2 and 3 > 2", "R&D; M&Ms", "<3 you", "a <user> said", "<br>", "x <!-- open", "&unknown;"],
)
def test_remove_html_leaves_signs_alone_that_are_no_html(text):
    assert remove_html(text) == text


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs"]), min_size=1))
def test_remove_html_gives_back_escaped_text(text):
    assert remove_html(html.escape(text)).strip() == text.strip() or "&" in text


def test_rows_with_html_are_those_that_removing_changes():
    texts = column("fine", "a <b>bold</b>", "1 < 2", "&amp;", "R&D; x", "<hr>")

    assert rows_with_html(texts).tolist() == [1, 3]
