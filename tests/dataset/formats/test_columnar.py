import datetime as dt
import json
from decimal import Decimal

import pyarrow as pa
import pytest

from tests.data_files import COLUMNS, arrow_bytes, parquet_bytes
from tests.tables import columns_of, read_bytes
from textcls_core.dataset.formats import columnar
from textcls_core.dataset.reading import preview, read_table
from textcls_core.dataset.reading_options import ReadingOptions
from textcls_core.errors import DatasetFormatError

WRITERS = {
    "Parquet": parquet_bytes,
    "Arrow file": arrow_bytes,
    "Arrow stream": lambda table: arrow_bytes(table, is_stream=True),
}
ALL = pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)


def with_label(values, arrow_type) -> pa.Table:
    """Return a table with texts and a column of one type."""
    texts = [f"text {n}" for n in range(len(values))]
    return pa.table({"text": texts, "label": pa.array(values, arrow_type)})


@ALL
def test_reading_returns_the_columns(write):
    table = read_bytes(write(COLUMNS), "f")

    assert (columns_of(table), table.line_numbers, table.notes) == (COLUMNS, None, ())


@ALL
def test_reading_a_file_gives_what_reading_bytes_gives(write, tmp_path):
    (tmp_path / "f").write_bytes(write(COLUMNS))

    assert columns_of(read_table(tmp_path / "f")) == COLUMNS


@ALL
@pytest.mark.parametrize(
    ("values", "arrow_type", "strings"),
    [
        (["x", None], pa.large_string(), ["x", None]),
        (["x", "y"], pa.dictionary(pa.int8(), pa.string()), ["x", "y"]),
        ([1, None], pa.int64(), ["1", None]),
        ([2**64 - 1], pa.uint64(), ["18446744073709551615"]),
        ([0.5, float("nan"), None], pa.float64(), ["0.5", None, None]),
        ([True, False], pa.bool_(), ["true", "false"]),
        ([Decimal("1.50")], pa.decimal128(5, 2), ["1.50"]),
        ([dt.date(2026, 1, 2)], pa.date32(), ["2026-01-02"]),
        ([b"caf\xc3\xa9"], pa.binary(), ["caf\u00e9"]),
        ([None], pa.null(), [None]),
    ],
    ids=["large", "dictionary", "int", "uint", "float", "bool", "decimal", "date", "bytes", "null"],
)
def test_reading_writes_values_as_csv_would(write, values, arrow_type, strings):
    table = read_bytes(write(with_label(values, arrow_type)), "f")

    assert columns_of(table)["label"] == strings


@ALL
@pytest.mark.parametrize(
    ("values", "arrow_type", "lists"),
    [
        ([["x", "y"], [], None], pa.list_(pa.string()), [["x", "y"], [], None]),
        ([[3, 10], [27]], pa.list_(pa.int32()), [["3", "10"], ["27"]]),
        ([["x"]], pa.large_list(pa.string()), [["x"]]),
        ([[0.5, 1.5], None], pa.list_(pa.float32(), 2), [["0.5", "1.5"], None]),
    ],
    ids=["strings", "integers", "large", "fixed size"],
)
def test_reading_keeps_lists_of_values(write, values, arrow_type, lists):
    table = read_bytes(write(with_label(values, arrow_type)), "f")

    assert columns_of(table)["label"] == lists


@ALL
def test_reading_keeps_lists_of_a_part_of_a_batch(write):
    values = [["a"], ["b", "c"], [], ["d"]]

    table = preview(write(with_label(values, pa.list_(pa.string()))), num_rows=3)

    assert columns_of(table)["label"] == values[:3]


@ALL
def test_reading_leaves_out_nested_columns_with_a_note(write):
    nested = pa.array([{"en": "a"}, {"en": "b"}])

    table = read_bytes(write({**COLUMNS, "meta": nested}), "f")

    assert columns_of(table) == COLUMNS
    assert table.notes == ('Column "meta" holds objects (struct<en: string>); left out.',)


@ALL
def test_reading_names_the_classes_that_hugging_face_numbers(write):
    features = {"label": {"names": ["neg", "pos"], "_type": "ClassLabel"}}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    table = with_label([1, 0, -1], pa.int64()).replace_schema_metadata(metadata)

    assert columns_of(read_bytes(write(table), "f"))["label"] == ["pos", "neg", None]


@ALL
def test_reading_refuses_a_class_number_without_a_name(write):
    features = {"label": {"names": ["neg", "pos"], "_type": "ClassLabel"}}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    table = with_label([2], pa.int64()).replace_schema_metadata(metadata)

    with pytest.raises(
        DatasetFormatError,
        match='Column "label" holds class number 2, but names exist for only 2 classes',
    ):
        read_bytes(write(table), "f")


@ALL
@pytest.mark.parametrize("written", [b"oops", b"[]", b"{}", b'{"info": {"features": [1]}}'])
def test_reading_ignores_class_names_it_does_not_understand(write, written):
    table = with_label([1], pa.int64()).replace_schema_metadata({"huggingface": written})

    assert columns_of(read_bytes(write(table), "f"))["label"] == ["1"]


@ALL
def test_reading_never_unpickles_what_pandas_wrote(write):
    metadata = {"pandas": b"\x80\x04\x95cos\nsystem\n"}
    table = pa.table(COLUMNS).replace_schema_metadata(metadata)

    assert columns_of(read_bytes(write(table), "f")) == COLUMNS


@ALL
def test_reading_repairs_and_counts_broken_strings(write):
    broken = pa.StringArray.from_buffers(
        2, pa.py_buffer(b"\0\0\0\0\2\0\0\0\3\0\0\0"), pa.py_buffer(b"a\xffb")
    )

    table = read_bytes(write({"text": broken, "label": pa.array(["x\0", "y"])}), "f")

    assert columns_of(table) == {"text": ["a\ufffd", "b"], "label": ["x", "y"]}
    assert table.num_repaired == 2


@ALL
def test_skipping_leaves_out_rows_with_a_huge_cell(write):
    data = write({"text": ["a", "b" * 1_000_001, "c"], "label": ["x", "y", "z"]})

    table = read_bytes(data, "f", ReadingOptions(skip_bad_rows=True))

    assert columns_of(table) == {"text": ["a", "c"], "label": ["x", "z"]}
    assert table.problems == ("row 2: a cell longer than 1,000,000 characters",)
    assert [table.place(0), table.place(1)] == ["row 1", "row 3"]


@ALL
def test_reading_takes_the_columns_that_the_options_name(write):
    options = ReadingOptions(columns=("label",))

    assert columns_of(read_bytes(write(COLUMNS), "f", options)) == {"label": ["x", "y"]}


@ALL
def test_reading_refuses_columns_that_do_not_exist(write):
    with pytest.raises(DatasetFormatError, match='Column "x" is missing in f'):
        read_bytes(write(COLUMNS), "f", ReadingOptions(columns=("x",)))


@ALL
def test_reading_refuses_repeated_columns(write):
    table = pa.table([["a"], ["b"]], names=["text", "text"])

    with pytest.raises(DatasetFormatError, match='more than one column named "text"'):
        read_bytes(write(table), "f")


@ALL
def test_reading_refuses_too_many_columns(write):
    table = pa.table({f"c{n}": ["a"] for n in range(1_001)})

    with pytest.raises(DatasetFormatError, match="has 1,001 columns; at most 1,000"):
        read_bytes(write(table), "f")


@ALL
def test_reading_refuses_a_table_without_rows(write):
    with pytest.raises(DatasetFormatError, match="f has no rows"):
        read_bytes(write(pa.table({"text": pa.array([], pa.string())})), "f")


@ALL
def test_reading_refuses_more_rows_than_memory_holds(write, monkeypatch):
    monkeypatch.setattr(columnar, "_MAX_ROWS", 1)

    with pytest.raises(DatasetFormatError, match=r"f holds more than 1 rows .* Split it"):
        read_bytes(write(COLUMNS), "f")


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_reading_refuses_a_file_that_was_cut_off(write, share):
    data = write({"text": [f"text {n}" for n in range(2_000)], "label": ["x"] * 2_000})

    with pytest.raises(DatasetFormatError, match=r"f is a damaged \w+ file \(.*Download or write"):
        read_bytes(data[: int(len(data) * share)], "f")


def test_reading_keeps_every_row_of_many_row_groups():
    texts = [f"text {n}" for n in range(1_000)]

    table = read_bytes(parquet_bytes({"text": texts}, row_group_size=100), "f")

    assert columns_of(table)["text"] == texts
