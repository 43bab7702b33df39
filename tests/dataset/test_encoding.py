import re

import pytest

from tests.data_bad import BOM, EMPTY, FOREIGN, WEB_PAGES
from textcls_core.dataset.encoding import decode, detect_encoding, has_unreadable_bytes
from textcls_core.errors import DatasetFormatError

TEXT = "text,label\ncaf\u00e9 \u4f60\u597d \u0645\u0631\u062d\u0628\u0627 \U0001f600,x\n"
FRENCH = (
    "text,label\nLe caf\u00e9 est ferm\u00e9 \u00e0 cause de la for\u00eat,n\u00e9gatif\n"
    "Tr\u00e8s bon d\u00eener, l'\u00e9t\u00e9 pass\u00e9 \u00e0 Besan\u00e7on,positif\n"
)
CHINESE = "text,label\n\u4eca\u5929\u7684\u5929\u6c14\u5f88\u597d,\u597d\n\u8fd9\u4e2a\u624b\u673a\u4e0d\u597d\u7528,\u574f\n"  # noqa: E501


@pytest.mark.parametrize("data", EMPTY.values(), ids=EMPTY)
def test_decode_refuses_an_empty_file(data):
    with pytest.raises(
        DatasetFormatError, match=r"f\.csv is empty\. Choose a file with at least one row"
    ):
        decode(data, "f.csv")


@pytest.mark.parametrize(("data", "name"), FOREIGN.values(), ids=FOREIGN)
def test_decode_names_the_real_type_of_a_foreign_file(data, name):
    with pytest.raises(
        DatasetFormatError,
        match=rf"f\.csv is {name}, not text\. Expected CSV, TSV or JSON Lines: export it",
    ):
        decode(data, "f.csv")


@pytest.mark.parametrize("data", WEB_PAGES.values(), ids=WEB_PAGES)
def test_decode_recognises_a_web_page(data):
    with pytest.raises(
        DatasetFormatError,
        match=r"f\.csv is a web page or XML, not data: .* Download the file again",
    ):
        decode(data, "f.csv")


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


def test_decode_keeps_line_breaks_as_they_are():
    assert decode(b"a\r\nb\rc\n", "f.csv") == "a\r\nb\rc\n"


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
        r"correct these lines, or import again and skip bad rows",
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
        match=r"f\.csv is not utf-16: 1 line cannot be read .* Set the encoding it was written in",
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
    text = decode(b"caf\xe9\nplain", "f.csv", keep_unreadable=True)

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
