"""The bad inputs 1 to 36 by number; 6, 10 and 11 are the uploader's and the store's."""

import gzip
import os
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data_bad import BOM
from tests.data_bad_files import ACCEPTED, CSV, REFUSED
from tests.data_files import arrow_bytes, parquet_bytes, workbook_bytes, zip_bytes
from tests.tables import columns_of, read_bytes
from textcls_core.dataset.reading import detect, preview, read_table
from textcls_core.dataset.reading_options import ReadingOptions
from textcls_core.dataset.server_files import resolve_server_path
from textcls_core.errors import DatasetFormatError, InvalidArgumentError
from textcls_core.workspace import Workspace

STARTS = (b"", BOM, b"\xff\xfe", b"{", b"[{", b'{"data": [', b"PAR1", b"ARROW1\0\0", b"PK\x03\x04",
          b"\x1f\x8b\x08\0", b"\xff\xff\xff\xff", b"text,label\n", b'a\t"')  # fmt: skip
TABLE = {"text": ["a", "b"], "labels": [["x"], ["y", "z"]], "n": [1, 2]}
BINARY = (
    parquet_bytes(TABLE),
    arrow_bytes(TABLE),
    arrow_bytes(TABLE, is_stream=True),
    workbook_bytes({"Data": [["text", "label"], ["a", "x"]]}),
    zip_bytes({"f.csv": CSV}),
    gzip.compress(CSV),
)


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_bad_input_is_refused(case):
    with pytest.raises(DatasetFormatError, match=case.message):
        read_bytes(case.data, case.name, case.options)


@pytest.mark.parametrize("case", ACCEPTED.values(), ids=ACCEPTED)
def test_bad_input_is_received(case):
    assert case.expected(read_bytes(case.data, case.name, case.options))


@pytest.mark.parametrize("case", [*REFUSED.values(), *ACCEPTED.values()], ids=[*REFUSED, *ACCEPTED])
def test_detection_and_preview_explain_or_succeed(case):
    for look in (detect, preview):
        with suppress(DatasetFormatError):  # anything else fails the test
            assert look(case.data, name=case.name) is not None


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=400), start=st.sampled_from(STARTS), is_lenient=st.booleans())
def test_any_bytes_are_read_or_refused_in_a_sentence(data, start, is_lenient):
    options = ReadingOptions(skip_bad_rows=is_lenient)
    for look in (detect, preview, lambda content: read_table(content, options)):
        with suppress(DatasetFormatError):  # anything else fails the test
            assert look(start + data) is not None


@settings(max_examples=100, deadline=None)
@given(case=st.sampled_from(BINARY), place=st.floats(0, 1), value=st.integers(0, 255))
def test_a_damaged_byte_is_survived_or_refused_in_a_sentence(case, place, value):
    data = bytearray(case)
    data[int(place * (len(data) - 1))] = value

    for look in (detect, preview, read_table):
        with suppress(DatasetFormatError):  # anything else fails the test
            assert look(bytes(data)) is not None


def test_12_what_is_no_file_in_the_server_folder_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("TEXTCLS_DATA", str(tmp_path / "in"))
    (tmp_path / "in").mkdir()
    os.mkfifo(tmp_path / "in" / "fifo")
    (tmp_path / "in" / "zero").symlink_to("/dev/zero")
    (tmp_path / "in" / "out").symlink_to(tmp_path)

    for path in ("fifo", "zero", "out", ".", "..", "/dev/zero"):
        with pytest.raises(InvalidArgumentError, match="Expected a file or folder inside"):
            resolve_server_path(Workspace(tmp_path), path)


def test_13_a_file_that_vanished_is_refused(tmp_path):
    with pytest.raises(DatasetFormatError, match=r"f\.csv is not a file"):
        read_table(tmp_path / "f.csv")


def test_13_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    file = tmp_path / "f.csv"
    file.write_bytes(CSV)
    sizes = iter([(1, 18), (2, 22)])
    monkeypatch.setattr(
        "textcls_core.dataset.formats.source.Source.changed_at", lambda _: next(sizes)
    )

    with pytest.raises(DatasetFormatError, match=r"f\.csv changed while it was read"):
        read_table(file)


def test_18_detection_offers_an_encoding_with_five_changed_lines():
    lines = [
        f"Le caf\u00e9 num\u00e9ro {n} est ferm\u00e9 \u00e0 cause de la for\u00eat,x"
        for n in range(9)
    ]
    data = "\n".join(["text,label", *lines]).encode("cp1252")

    found = detect(data, "f.csv")

    assert found.encoding_is_guess
    assert [line.line for line in found.changed_lines] == [2, 3, 4, 5, 6]
    assert found.changed_lines[0].before == lines[0].replace("\u00e9", "\ufffd").replace(
        "\u00e0", "\ufffd"
    ).replace("\u00ea", "\ufffd")
    assert found.changed_lines[0].after == lines[0]


def test_19_detection_counts_the_lines_of_another_encoding():
    data = b"text,label\n" + "caf\u00e9,x\n".encode() * 5 + b"caf\xe9,y\n" * 2

    found = detect(data, "f.csv")

    assert (found.encoding, found.encoding_is_guess) == ("utf-8", False)
    assert (found.num_unreadable_lines, found.unreadable_lines) == (2, (7, 8))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_28_detection_shows_the_separator(separator):
    found = detect(CSV.replace(b",", separator.encode()), "f")

    assert (found.format, found.delimiter, found.has_header) == ("csv", separator, True)


def test_29_detection_says_whether_there_is_a_header():
    assert detect(b"ham,Hi\nspam,Call\nham,Ok\n", "f").has_header is False


def test_preview_of_a_large_file_reads_its_head(tmp_path):
    file = tmp_path / "f.csv"
    file.write_bytes(b"text,label\n" + b"a text of some length,x\n" * 200_000)
    with file.open("ab") as end:
        end.write(b'"never closed')

    table = preview(file, num_rows=3)

    assert columns_of(table) == {"text": ["a text of some length"] * 3, "label": ["x"] * 3}
