import io
import re

import pytest

from tests.data_bad import BOM
from textcls_core.dataset.encoding import (
    changed_lines,
    codec_of,
    detect_encoding,
    explain,
    has_unreadable_bytes,
    open_as_text,
    replace_unreadable_bytes,
    survey,
)
from textcls_core.errors import DatasetFormatError


def decode(data: bytes, name: str, encoding: str | None = None, **options) -> str:
    """Return the text of a file, or raise what a person reads."""
    codec = codec_of(data, name, encoding)
    try:
        with open_as_text(io.BytesIO(data), codec, **options) as file:
            return file.read()
    except UnicodeDecodeError as error:
        message = explain(lambda: io.BytesIO(data), name, codec, error)
        raise DatasetFormatError(message) from error


TEXT = "text,label\ncaf\u00e9 \u4f60\u597d \u0645\u0631\u062d\u0628\u0627 \U0001f600,x\n"
FRENCH = (
    "text,label\nLe caf\u00e9 est ferm\u00e9 \u00e0 cause de la for\u00eat,n\u00e9gatif\n"
    "Tr\u00e8s bon d\u00eener, l'\u00e9t\u00e9 pass\u00e9 \u00e0 Besan\u00e7on,positif\n"
)
CHINESE = "text,label\n\u4eca\u5929\u7684\u5929\u6c14\u5f88\u597d,\u597d\n\u8fd9\u4e2a\u624b\u673a\u4e0d\u597d\u7528,\u574f\n"  # noqa: E501


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-32"],
)
def test_decode_reads_every_unicode_encoding_with_its_mark(encoding):
    assert decode(TEXT.encode(encoding), "f.csv") == TEXT


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
        (b"\xff\xfe\0\0", "utf-32-le"),
        (b"\0\0\xfe\xff", "utf-32-be"),
    ],
)
def test_decode_reads_both_byte_orders(mark, encoding):
    assert decode(mark + TEXT.encode(encoding), "f.csv") == TEXT


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "utf-8-sig"])
def test_decode_removes_the_mark_when_the_encoding_is_given(encoding):
    assert decode(BOM + b"a,b", "f.csv", encoding) == "a,b"


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "iso8859-15"])
def test_decode_uses_the_encoding_it_is_given(encoding):
    assert decode(FRENCH.encode(encoding), "f.csv", encoding) == FRENCH


def test_decode_makes_every_line_break_the_same():
    assert decode(b"a\r\nb\rc\n", "f.csv") == "a\nb\nc\n"


@pytest.mark.parametrize(
    ("text", "encoding", "found"),
    [(FRENCH, "cp1252", "cp125[02]"), (CHINESE, "gb18030", "gb18030")],
    ids=["French", "Chinese"],
)
def test_decode_says_which_encoding_is_likely(text, encoding, found):
    with pytest.raises(
        DatasetFormatError,
        match=rf"2 lines cannot be read \(line 2, 3\), the first at byte 0x\w\w\. "
        rf'It looks like {found}: set the encoding to "{found}" and check the preview',
    ):
        decode(text.encode(encoding), "f.csv")


def test_decode_counts_the_lines_of_another_encoding():
    lines = ["plain", "caf\u00e9", "na\u00efve"]
    good = "\n".join(lines).encode()
    bad = b"\n" + b"caf\xe9\n" * 7

    with pytest.raises(
        DatasetFormatError,
        match=r"f\.csv is not utf-8: 7 lines cannot be read \(line 4, 5, 6, 7, 8, \.\.\.\), "
        r"the first at byte 0xe9\. Other lines are utf-8, so the file mixes encodings: "
        r"correct these lines, or import again and skip bad rows or replace what is unreadable",
    ):
        decode(good + bad, "f.csv")


@pytest.mark.parametrize("line_break", [b"\n", b"\r\n", b"\r"])
def test_decode_counts_lines_with_any_line_break(line_break):
    data = line_break.join([b"text", "caf\u00e9".encode(), b"caf\xe9"])

    with pytest.raises(DatasetFormatError, match=r"1 line cannot be read \(line 3\)"):
        decode(data, "f.csv")


def test_decode_explains_a_file_cut_inside_a_character():
    data = TEXT.encode("utf-16")[:-1]

    with pytest.raises(
        DatasetFormatError,
        match=r"f\.csv is not utf-16: it cannot be read, the first time at byte 0x0a\. "
        "Set the encoding it was written in",
    ):
        decode(data, "f.csv")


@pytest.mark.parametrize(
    "encoding", ["klingon", "", "hex", "rot13", "zlib", "undefined", "a\0b", "x" * 300]
)
def test_decode_refuses_an_unknown_encoding(encoding):
    with pytest.raises(
        DatasetFormatError,
        match=r'^".{0,40}" is not an encoding that Python knows \(reading f\.csv\)\. '
        "Use for example utf-8, cp1252 or gb18030",
    ):
        decode(b"a,b\n", "f.csv", encoding or " ")


def test_decode_can_mark_unreadable_bytes():
    text = decode(b"caf\xe9\nplain", "f.csv", is_lenient=True)

    assert [has_unreadable_bytes(line) for line in text.split("\n")] == [True, False]


@pytest.mark.parametrize("text", ["", "plain", "caf\u00e9", "\U0001f600", "\ufffd"])
def test_has_unreadable_bytes_is_false_for_text(text):
    assert not has_unreadable_bytes(text)


@pytest.mark.parametrize(
    ("data", "pattern"),
    [(CHINESE.encode("gb18030"), "gb18030"), (b"plain text", "ascii"), (TEXT.encode(), "utf_8")],
)
def test_detect_encoding_names_a_codec(data, pattern):
    assert re.fullmatch(pattern, detect_encoding(data))


def test_detect_encoding_gives_up_on_noise():
    assert detect_encoding(bytes(range(256)) * 20) is None


def test_replacing_unreadable_bytes_leaves_a_mark_for_each():
    text = decode(b"caf\xe9 \xff", "f.csv", is_lenient=True)

    assert replace_unreadable_bytes(text) == "caf\ufffd \ufffd"


def test_changed_lines_show_what_another_encoding_reads():
    data = b"plain\n" + "caf\u00e9\n".encode("cp1252") * 7

    changed = changed_lines(lambda: io.BytesIO(data), "cp1252")

    assert [line.line for line in changed] == [2, 3, 4, 5, 6]
    assert (changed[0].before, changed[0].after) == ("caf\ufffd", "caf\u00e9")


def test_survey_counts_lines_in_and_out_of_an_encoding():
    data = "caf\u00e9\n".encode() * 3 + b"plain\n" + b"caf\xe9\n" * 2

    found = survey(io.BytesIO(data), "utf-8")

    assert (found.num_readable, found.num_unreadable, found.first_lines) == (3, 2, [5, 6])
    assert found.is_mixed


def test_survey_of_another_encoding_is_not_mixed():
    found = survey(io.BytesIO(FRENCH.encode("cp1252")), "utf-8")

    assert not found.is_mixed
