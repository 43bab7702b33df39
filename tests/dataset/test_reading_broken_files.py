import os
import re

import pytest

from tests.data_bad import (
    BROKEN_RECORDS,
    BROKEN_TABLES,
    EMPTY,
    FILE_NAMES,
    FOREIGN,
    GOOD_RECORD,
)
from tests.tables import columns_of, read_bytes
from textcls_core.dataset import reading
from textcls_core.dataset.reading import read_table
from textcls_core.dataset.reading_options import ReadingOptions
from textcls_core.errors import DatasetFormatError

SKIP = ReadingOptions(skip_bad_rows=True)


@pytest.mark.parametrize("data", EMPTY.values(), ids=EMPTY)
def test_reading_refuses_an_empty_file(data):
    with pytest.raises(DatasetFormatError, match=r"f\.csv is empty"):
        read_bytes(data, "f.csv")


@pytest.mark.parametrize(("data", "name"), FOREIGN.values(), ids=FOREIGN)
def test_reading_refuses_a_foreign_file_even_when_skipping(data, name):
    with pytest.raises(DatasetFormatError, match=f"is {name}, not data in rows"):
        read_bytes(data, "f.csv", SKIP)


@pytest.mark.parametrize(("data", "message"), BROKEN_TABLES.values(), ids=BROKEN_TABLES)
def test_reading_refuses_a_table_with(data, message):
    with pytest.raises(DatasetFormatError, match=message):
        read_bytes(data, "f.csv")


@pytest.mark.parametrize(("line", "problem"), BROKEN_RECORDS.values(), ids=BROKEN_RECORDS)
def test_reading_refuses_json_lines_with(line, problem):
    data = GOOD_RECORD + line + GOOD_RECORD

    with pytest.raises(
        DatasetFormatError,
        match=rf"f\.jsonl has 1 row that cannot be read \(line 2: {re.escape(problem)}.*\)\. "
        "Correct them, or import again and skip bad rows",
    ):
        read_bytes(data, "f.jsonl")


@pytest.mark.parametrize(("line", "problem"), BROKEN_RECORDS.values(), ids=BROKEN_RECORDS)
def test_skipping_leaves_out_the_one_record_with(line, problem):
    table = read_bytes(GOOD_RECORD + line + GOOD_RECORD, "f.jsonl", SKIP)

    assert (table.line_numbers.to_pylist(), len(table.problems)) == ([1, 3], 1)
    assert problem in table.problems[0]


@pytest.mark.parametrize("line", [b"oops\n", b"[1]\n", b'"text"\n'])
def test_reading_knows_json_lines_whose_first_line_is_broken(line):
    table = read_bytes(line + GOOD_RECORD * 3, "f.jsonl", SKIP)

    assert table.line_numbers.to_pylist() == [2, 3, 4]


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (b"b,y,z\n", "line 3: 3 cells where 2 were expected"),
        (b'"b "c" d",y\n', "line 3: a quote inside a quoted cell that is not doubled"),
        (b"caf\xe9,y\n", "line 3: bytes that are not in the encoding of the file"),
        (b"b" * 1_000_001 + b",y\n", "line 3: a cell longer than 1,000,000 characters"),
    ],
    ids=["extra cell", "stray quote", "other encoding", "huge cell"],
)
def test_skipping_leaves_out_the_one_csv_row_with(rows, problem):
    table = read_bytes(b"text,label\na,x\n" + rows + b"c,x\n", "f.csv", SKIP)

    assert (table.line_numbers.to_pylist(), table.problems) == ([2, 4], (problem,))


def test_skipping_leaves_out_records_in_another_encoding():
    table = read_bytes(GOOD_RECORD + b'{"text": "caf\xe9"}\n', "f.jsonl", SKIP)

    assert table.problems == ("line 2: bytes that are not in the encoding of the file",)


def test_skipping_every_row_leaves_none():
    with pytest.raises(DatasetFormatError, match=r"f\.csv has no rows\. Choose a file"):
        read_bytes(b'{"text": \n{"text": \n', "f.csv", SKIP)


def test_reading_takes_a_cell_of_a_million_characters():
    table = read_bytes(b"text,label\n" + b"a" * 1_000_000 + b",x\nb,y\n", "f.csv")

    assert len(columns_of(table)["text"][0]) == 1_000_000


def test_reading_fills_and_counts_missing_cells():
    table = read_bytes(b"text,label,source\na,x,web\nb,y\nc\n", "f.csv")

    assert columns_of(table)["label"] == ["x", "y", None]
    assert table.num_short_rows == 2


@pytest.mark.parametrize(
    "data",
    [
        b"text,label\na\0b,x\nc,y\n",
        b'{"text": "a\\u0000b", "label": "x"}\n{"text": "c", "label": "y"}\n',
    ],
    ids=["CSV", "JSON Lines"],
)
def test_reading_removes_and_counts_nul_characters(data):
    table = read_bytes(data, "f.csv")

    assert (columns_of(table)["text"], table.num_repaired) == (["ab", "c"], 1)


def test_reading_replaces_and_counts_lone_surrogates():
    table = read_bytes(b'{"text": "a\\ud800", "label": "\\udfff"}\n', "f.jsonl")

    assert columns_of(table) == {"text": ["a\ufffd"], "label": ["\ufffd"]}
    assert table.num_repaired == 2


def test_reading_joins_the_two_halves_of_an_emoji():
    table = read_bytes(b'{"text": "\\ud83d\\ude00", "label": "x"}\n', "f.jsonl")

    assert (columns_of(table)["text"], table.num_repaired) == (["\U0001f600"], 0)


# Paths and names


@pytest.mark.parametrize(("name", "shown"), FILE_NAMES.values(), ids=FILE_NAMES)
def test_messages_show_a_hostile_name_safely(name, shown):
    with pytest.raises(DatasetFormatError, match=f"^{re.escape(shown)} is empty"):
        read_bytes(b"", name)


def test_read_file_shows_the_name_it_is_given(tmp_path):
    file = tmp_path / "upload-17"
    file.write_bytes(b"")

    with pytest.raises(DatasetFormatError, match=r"^reviews\.csv is empty"):
        read_table(file, name="reviews.csv")


def test_read_file_refuses_a_fifo_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "f.csv")

    with pytest.raises(
        DatasetFormatError,
        match=r"f\.csv is not a file\. Expected a file with data, or a folder",
    ):
        read_table(tmp_path / "f.csv")


@pytest.mark.parametrize("target", ["/dev/zero", "/nowhere"])
def test_read_file_refuses_a_link_to_what_is_not_a_file(tmp_path, target):
    (tmp_path / "f.csv").symlink_to(target)

    with pytest.raises(DatasetFormatError, match=r"f\.csv is not a file"):
        read_table(tmp_path / "f.csv")


def test_read_file_refuses_a_missing_file(tmp_path):
    with pytest.raises(DatasetFormatError, match=r"f\.csv is not a file"):
        read_table(tmp_path / "f.csv")


def test_read_file_explains_a_name_no_disk_allows(tmp_path):
    with pytest.raises(DatasetFormatError, match="x cannot be opened: File name too long"):
        read_table(tmp_path / ("x" * 300))


def test_read_file_explains_a_file_it_may_not_read(tmp_path, monkeypatch):
    file = tmp_path / "f.csv"
    file.write_bytes(b"a")
    monkeypatch.setattr(os, "open", refuse)

    with pytest.raises(DatasetFormatError, match=r"f\.csv cannot be opened: Permission denied"):
        read_table(file)


def refuse(*_):
    raise PermissionError(13, "Permission denied")


def test_read_file_refuses_a_file_that_is_too_large(tmp_path, monkeypatch):
    file = tmp_path / "f.csv"
    file.write_bytes(b"text,label\na,x\n")
    monkeypatch.setattr(reading, "MAX_FILE_BYTES", 10)

    with pytest.raises(
        DatasetFormatError,
        match=r"f\.csv is larger than 0 GiB\. Split it into smaller files",
    ):
        read_table(file)
