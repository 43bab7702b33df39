import json

import pytest

from tests.data_files import COLUMNS
from tests.tables import columns_of, read_bytes
from textcls_core.dataset.formats import json_records
from textcls_core.dataset.reading import detect, preview
from textcls_core.dataset.reading_options import ReadingOptions
from textcls_core.errors import DatasetFormatError

RECORDS = [{"text": "a", "label": "x"}, {"text": "b", "label": "y"}]
SHAPES = {
    "array": RECORDS,
    "under data": {"data": RECORDS},
    "beside a version": {"version": "1.0", "data": RECORDS},
    "before a version": {"rows": RECORDS, "num_rows": 2},
    "by column": COLUMNS,
    "as pandas writes it": {name: dict(enumerate(values)) for name, values in COLUMNS.items()},
}
ALL = pytest.mark.parametrize("value", SHAPES.values(), ids=SHAPES)
INDENTS = pytest.mark.parametrize("indent", [None, 2], ids=["one line", "indented"])


@ALL
@INDENTS
def test_reading_returns_the_columns_of_every_shape(value, indent):
    data = json.dumps(value, indent=indent).encode()

    assert detect(data, "f").format == "json"
    assert columns_of(read_bytes(data, "f")) == COLUMNS
    assert columns_of(preview(data, name="f")) == COLUMNS


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_reading_knows_json_behind_a_mark(encoding):
    assert columns_of(read_bytes(json.dumps(RECORDS).encode(encoding), "f")) == COLUMNS


def test_reading_says_on_which_line_a_record_starts():
    table = read_bytes(b'[\n{"text": "a"},\n\n{"text": "b"}]', "f")

    assert table.line_numbers.to_pylist() == [2, 4]


def test_reading_keeps_lists_of_labels():
    records = [{"text": "a", "labels": ["x", "y"]}, {"text": "b", "labels": []}, {"text": "c"}]

    table = read_bytes(json.dumps(records).encode(), "f")

    assert columns_of(table)["labels"] == [["x", "y"], [], None]


def test_reading_keeps_lists_of_labels_in_json_lines():
    data = b'{"text": "a"}\n{"text": "b", "labels": [3, 10]}\n{"text": "c", "labels": null}\n'

    assert columns_of(read_bytes(data, "f"))["labels"] == [None, ["3", "10"], None]


def test_reading_refuses_a_value_among_lists():
    data = b'{"text": "a", "labels": ["x"]}\n{"text": "b", "labels": "y"}\n'

    with pytest.raises(DatasetFormatError, match='"labels" holds a value where earlier rows hold'):
        read_bytes(data, "f")


def test_reading_takes_one_record_with_a_list():
    table = read_bytes(b'{"text": "a", "labels": ["x"]}\n', "f")

    assert columns_of(table) == {"text": ["a"], "labels": [["x"]]}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"[]", "f has no rows"),
        (b'[{"text": "a"}, {"text": }]', r"f is not JSON at line 1 \(Expecting value\)\. Correct"),
        (b'[{"text": "a"},\n{"text": "b"', r"f is not JSON at line 2 \(Expecting"),
        (b'[{"text": "a"},\n{"text": "b"}', r"at line 2 \(the array of records is not closed"),
        (b'[{"text": "a"}] oops', "or more follows it"),
        (b'{"data": [{"text": "a"}]} {"x": 1}', r"f is not JSON at line 1 \(Extra data\)"),
        (b'[{"text": "a", "text": "b"}]', r"f is not JSON at line 1 \(the same key twice\)"),
        (b'[{"text": NaN}]', "NaN is not a JSON value"),
        (b'[{"label": ' + b"1" * 5_000 + b"}]", "Exceeds the limit"),
        (b'[{"a": ' + b"[" * 100_000, "nested too deeply"),
        (b'[{"text": "a"}, 7]', "line 1: expected a JSON object, found int"),
        (b'[{"text": {"en": "a"}}, {"text": "b"}]', '"text" holds a list or object, not a value'),
        (b'{"text": ["a"], "label": ["x", "y"]}', r'different length \("text" 1, "label" 2\)'),
        (b'{"train": [{"text": "a"}], "test": [{"text": "b"}]}', "or more follows it"),
        (b'[{"text": "' + b"a" * 1_000_001 + b'"}]', 'line 1: "text" holds more than 1,000,000'),
        (b'{"a": {"b": {"c": 1}}}', '"a" holds a list or object'),
    ],
    ids=["no records", "no value", "cut in a record", "cut behind a record", "trailing text",
         "two objects", "key twice", "NaN", "huge integer", "100,000 levels", "number inside",
         "object inside", "lengths", "two lists", "long text", "deep"],
)  # fmt: skip
def test_reading_refuses_json(data, message):
    with pytest.raises(DatasetFormatError, match=message):
        read_bytes(data, "f", ReadingOptions(format="json"))


def test_skipping_leaves_out_elements_that_are_no_records():
    table = read_bytes(b'[{"text": "a"},\n7]', "f", ReadingOptions(skip_bad_rows=True))

    assert table.problems == ("line 2: expected a JSON object, found int",)


def test_skipping_leaves_out_records_in_another_encoding():
    data = b'[{"text": "a"},\n{"text": "caf\xe9"}]'

    table = read_bytes(data, "f", ReadingOptions(skip_bad_rows=True))

    assert table.problems == ("line 2: bytes that are not in the encoding of the file",)


def test_replacing_marks_bytes_in_another_encoding():
    data = b'[{"text": "caf\xe9"}]'

    table = read_bytes(data, "f", ReadingOptions(replace_unreadable=True))

    assert (columns_of(table)["text"], table.num_repaired) == (["caf\ufffd"], 1)


def test_reading_refuses_json_that_is_too_long(monkeypatch):
    monkeypatch.setattr(json_records, "MAX_CHARACTERS", 10)

    with pytest.raises(DatasetFormatError, match=r"f is longer than 10 characters\. Write it as"):
        read_bytes(json.dumps(RECORDS).encode(), "f")


def test_preview_of_a_long_array_reads_its_beginning():
    records = [{"text": f"text {n} " + "x" * 500} for n in range(5_000)]

    table = preview(json.dumps(records).encode(), num_rows=2)

    assert [text[:6] for text in columns_of(table)["text"]] == ["text 0", "text 1"]


def test_preview_of_long_columns_reads_them_whole():
    columns = {"text": ["x" * 500] * 5_000, "label": ["y"] * 5_000}

    assert columns_of(preview(json.dumps(columns).encode(), num_rows=2))["label"] == ["y", "y"]
