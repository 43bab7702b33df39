import pytest

from textcls_core.dataset.dialect import (
    first_lines,
    guess_delimiter,
    is_quoted_tsv,
    looks_like_header,
)


def test_first_lines_skip_blank_ones():
    assert first_lines("\n \na\n\nb\nc", 2) == ["a\n", "b\n"]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_guess_delimiter_finds_the_separator(delimiter):
    text = f"text{delimiter}label\none{delimiter}x\ntwo{delimiter}y\n"

    assert guess_delimiter(text) == delimiter


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("label\ttext\nham\tWell, yes; no, maybe\nspam\tOne, two, three\n", "\t"),
        ("text;label\nWell, yes;x\nOne, two, three;y\n", ";"),
        ("text,label\na; b; c,x\nd,y\n", ","),
        ("id|text\n1|a, b\n2|c\n", "|"),
        ("ham\tGo until, crazy..\nham\tOk lar...\n", "\t"),
    ],
    ids=["tab before prose", "semicolon before prose", "comma", "pipe", "no header"],
)
def test_guess_delimiter_is_not_misled_by_prose(text, delimiter):
    assert guess_delimiter(text) == delimiter


def test_guess_delimiter_sees_through_texts_of_many_lines():
    text = 'text;label\n"a, b\nc, d\n, e\nf";x\n"g, h\n\n\n\ni";y\n'

    assert guess_delimiter(text) == ";"


@pytest.mark.parametrize("text", ["text\none\n", "x"])
def test_guess_delimiter_is_a_comma_when_there_is_none(text):
    assert guess_delimiter(text) == ","


def test_guess_delimiter_skips_blank_lines_at_the_start():
    assert guess_delimiter("\n" * 100 + "a\tb\n") == "\t"


@pytest.mark.parametrize(
    "text",
    [
        'a\t"b"\n',
        '"a"\tb\n',
        'a\tb\nc\t"d\ne"\n',
        'a\t"b ""c"""\n',
    ],
    ids=["second cell", "first cell", "two lines", "doubled"],
)
def test_quoted_tsv_is_recognised(text):
    assert is_quoted_tsv(text.splitlines(keepends=True))


@pytest.mark.parametrize(
    "text",
    [
        "a\tb\n",
        'a\tb "c"\n',
        'a\t"b" c\n',
        'a\t"b\nc\td\n',
        'ham\t"Hello\nspam\tBye"\n',
        'a\t"b"\n' * 300 + 'c\t"d\n',
    ],
    ids=["no quotes", "inside", "closed too early", "unclosed", "unpaired", "far below"],
)
def test_quotes_of_prose_are_not_a_quoted_tsv(text):
    assert not is_quoted_tsv(text.splitlines(keepends=True))


@pytest.mark.parametrize(
    "rows",
    [
        [["text", "label"], ["a", "x"], ["b", "y"]],
        [["Frage", "Antwort"], ["a", "x"]],
        [["", "text", "label"], ["0", "a", "x"]],
        [["text", "label", ""], ["a", "x", ""]],
        [["text", "text"], ["a", "x"]],
        [["text"], ["a"], ["b"]],
        [[" text ", "label"], ["a"]],
    ],
    ids=["names", "other language", "index column", "trailing", "repeated", "one", "short row"],
)
def test_names_look_like_a_header(rows):
    assert looks_like_header(rows)


@pytest.mark.parametrize(
    "rows",
    [
        [["Hi there", "ham"], ["Call now", "spam"], ["Ok", "ham"]],
        [["1", "a text"], ["2", "another"]],
        [["a text", "0.5"], ["another", "1"]],
        [["word " * 20, "x"], ["b", "y"]],
        [["", "a text"], ["x", "another"]],
        [["", ""], ["a", "b"]],
    ],
    ids=["label again", "number", "fraction", "long text", "one blank", "all blank"],
)
def test_values_do_not_look_like_a_header(rows):
    assert not looks_like_header(rows)
