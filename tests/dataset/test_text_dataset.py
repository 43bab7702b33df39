import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textcls_core.dataset.text_dataset import SCHEMA, TextDataset
from textcls_core.errors import DatasetFormatError, InvalidArgumentError, NotFoundError

TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
ROWS = st.lists(
    st.tuples(TEXTS, st.integers(0, 2), st.sampled_from(["train", "validation", "test"])),
    min_size=1,
    max_size=10,
)


def make_table(**columns) -> pa.Table:
    """Return three good rows, with some columns replaced or added."""
    values = {
        "row_id": pa.array(["a", "b", "c"]),
        "text": pa.array(["one", "two", "three"]),
        "label_ids": pa.array([[0], [1], [0]], SCHEMA.field(2).type),
        "split": pa.array(["train", "test", "train"]),
        **columns,
    }
    return pa.table(values)


def label_lists(*lists) -> pa.Array:
    return pa.array(lists, SCHEMA.field(2).type)


def make_dataset(**columns) -> TextDataset:
    return TextDataset(make_table(**columns), ("ham", "spam"))


def from_rows(rows) -> TextDataset:
    table = make_table(
        row_id=pa.array([str(i) for i in range(len(rows))]),
        text=pa.array([text for text, _, _ in rows]),
        label_ids=label_lists(*([label_id] for _, label_id, _ in rows)),
        split=pa.array([split for _, _, split in rows]),
        note=pa.array([None if i % 3 else text for i, (text, _, _) in enumerate(rows)]),
    )
    return TextDataset(table, ("a", "b", "c"))


def round_trip(table: pa.Table) -> pa.Table:
    """Write a table as Parquet and read it again."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return pq.read_table(pa.BufferReader(sink.getvalue()))


def test_dataset_counts_rows_and_classes():
    dataset = make_dataset()

    assert (dataset.num_examples, dataset.num_labels) == (3, 2)


def test_dataset_lists_the_columns_behind_its_own():
    dataset = make_dataset(source=pa.array(["x", None, "y"]), year=pa.array([1, 2, 3]))

    assert dataset.extra_columns == ("source", "year")


def test_dataset_may_be_empty():
    dataset = TextDataset(make_table().slice(0, 0), ("ham", "spam"))

    assert (dataset.num_examples, dataset.splits) == (0, ())


@pytest.mark.parametrize(
    "table",
    [
        make_table().drop(["split"]),
        make_table().select(["text", "row_id", "label_ids", "split"]),
        make_table(text=pa.array([1, 2, 3])),
        make_table(label_ids=pa.array([0, 1, 0])),
        make_table().rename_columns(["id", "text", "label_ids", "split"]),
        pa.table({"text": pa.array(["one"])}),
    ],
    ids=["missing", "reordered", "wrong text type", "labels not lists", "renamed", "one column"],
)
def test_dataset_refuses_other_columns(table):
    with pytest.raises(
        DatasetFormatError,
        match=r"Expected the columns row_id, text, label_ids, split with their types, found .+\. "
        r"Import the file again\.",
    ):
        TextDataset(table, ("ham", "spam"))


@pytest.mark.parametrize("name", ["row_id", "text", "split"])
def test_dataset_refuses_empty_cells(name):
    table = make_table(**{name: pa.array(["train", None, "test"])})

    with pytest.raises(
        DatasetFormatError, match=f'Expected a value in every row of "{name}", found empty ones'
    ):
        TextDataset(table, ("ham", "spam"))


@pytest.mark.parametrize("cell", [None, [None]])
def test_dataset_refuses_empty_labels(cell):
    table = make_table(label_ids=label_lists([0], cell, [1]))

    with pytest.raises(
        DatasetFormatError, match='Expected a value in every row of "label_ids", found empty ones'
    ):
        TextDataset(table, ("ham", "spam"))


def test_dataset_refuses_repeated_row_ids():
    table = make_table(row_id=pa.array(["a", "b", "a"]))

    with pytest.raises(
        DatasetFormatError, match=r"Expected unique row ids, found repeated ones\. Remove the"
    ):
        TextDataset(table, ("ham", "spam"))


def test_dataset_refuses_unknown_splits():
    table = make_table(split=pa.array(["train", "dev", "holdout"]))

    with pytest.raises(
        DatasetFormatError,
        match="Expected the splits train, validation, test, found dev, holdout",
    ):
        TextDataset(table, ("ham", "spam"))


@pytest.mark.parametrize(
    ("label_id", "found"), [(2, "found 0 to 2"), (-1, "found -1 to 0"), (99, "found 0 to 99")]
)
def test_dataset_refuses_label_ids_out_of_range(label_id, found):
    table = make_table(label_ids=label_lists([0], [label_id], [0]))

    with pytest.raises(DatasetFormatError, match=f"Expected label ids from 0 to 1, {found}"):
        TextDataset(table, ("ham", "spam"))


@pytest.mark.parametrize("label_ids", [[], [0, 1]])
def test_dataset_refuses_no_or_several_labels_in_a_single_label_set(label_ids):
    table = make_table(label_ids=label_lists([0], label_ids, [1]))

    with pytest.raises(
        DatasetFormatError,
        match="Expected exactly one label in every row of a single-label data set",
    ):
        TextDataset(table, ("ham", "spam"))


def test_dataset_takes_any_number_of_labels_in_a_multi_label_set():
    table = make_table(label_ids=label_lists([0], [], [0, 1]))

    dataset = TextDataset(table, ("ham", "spam"), "multi_label")

    assert dataset.label_sets == [[0], [], [0, 1]]


def test_label_ids_give_the_class_of_every_row():
    dataset = make_dataset()

    assert dataset.label_ids.tolist() == [0, 1, 0]


def test_label_ids_are_refused_for_a_multi_label_set():
    dataset = TextDataset(make_table(), ("ham", "spam"), "multi_label")

    with pytest.raises(
        InvalidArgumentError,
        match=r"Expected a single-label data set, got a multi-label one\. Use label_sets",
    ):
        _ = dataset.label_ids


def test_targets_of_a_single_label_set_are_class_ids():
    dataset = make_dataset()

    assert dataset.targets.tolist() == [0, 1, 0]
    assert dataset.targets.dtype == np.int64


def test_targets_of_a_multi_label_set_are_zero_or_one_per_class():
    table = make_table(label_ids=label_lists([1, 0], [], [1]))

    targets = TextDataset(table, ("ham", "spam"), "multi_label").targets

    assert targets.tolist() == [[1, 1], [0, 0], [0, 1]]
    assert targets.dtype == np.float32


@given(label_sets=st.lists(st.sets(st.integers(0, 2)).map(list), min_size=3, max_size=3))
def test_targets_of_a_multi_label_set_name_its_labels(label_sets):
    table = make_table(label_ids=label_lists(*label_sets))

    targets = TextDataset(table, ("a", "b", "c"), "multi_label").targets

    assert [np.flatnonzero(row).tolist() for row in targets] == [sorted(s) for s in label_sets]


def test_targets_do_not_depend_on_chunks():
    table = make_table(label_ids=label_lists([1, 0], [], [1]))
    chunked = pa.concat_tables([table.slice(0, 1), table.slice(1)])

    targets = TextDataset(chunked, ("ham", "spam"), "multi_label").targets

    assert targets.tolist() == [[1, 1], [0, 0], [0, 1]]


@pytest.mark.parametrize(("task", "shape"), [("single_label", (0,)), ("multi_label", (0, 2))])
def test_targets_of_no_rows_are_empty(task, shape):
    dataset = TextDataset(make_table().slice(0, 0), ("ham", "spam"), task)

    assert dataset.targets.shape == shape


def test_splits_come_in_a_fixed_order():
    dataset = make_dataset(split=pa.array(["test", "validation", "train"]))

    assert dataset.splits == ("train", "validation", "test")


def test_splits_without_rows_are_left_out():
    dataset = make_dataset()

    assert dataset.splits == ("train", "test")


@pytest.mark.parametrize(
    ("split", "expected"), [("train", [0, 2]), ("test", [1]), ("validation", [])]
)
def test_indices_give_the_rows_of_a_split_in_file_order(split, expected):
    dataset = make_dataset()

    assert dataset.indices(split).tolist() == expected


def test_texts_without_rows_are_all_texts():
    dataset = make_dataset()

    assert dataset.texts() == ["one", "two", "three"]


@pytest.mark.parametrize(("rows", "expected"), [([2, 0], ["three", "one"]), ([], [])])
def test_texts_come_in_the_order_asked_for(rows, expected):
    dataset = make_dataset()

    assert dataset.texts(np.array(rows, dtype=np.int64)) == expected


def test_row_ids_come_in_the_order_asked_for():
    dataset = make_dataset()

    assert dataset.row_ids(np.array([2, 0])) == ["c", "a"]


def test_row_ids_without_rows_are_all_row_ids():
    dataset = make_dataset()

    assert dataset.row_ids() == ["a", "b", "c"]


def test_position_finds_a_row():
    dataset = make_dataset()

    assert dataset.position("b") == 1


def test_position_of_an_unknown_row_is_an_error():
    dataset = make_dataset()

    with pytest.raises(
        NotFoundError, match=r'Row "zzz" is not in this data set\. Choose one from the table'
    ):
        dataset.position("zzz")


def test_positions_follow_the_order_asked_for():
    dataset = make_dataset()

    assert dataset.positions(["b", "a", "b"]).tolist() == [1, 0, 1]
    assert dataset.positions([]).tolist() == []


def test_positions_of_unknown_rows_are_an_error():
    dataset = make_dataset()

    with pytest.raises(
        NotFoundError, match=r"1 of 2 rows are not in this data set\. Use the version that the run"
    ):
        dataset.positions(["a", "zzz"])


def test_fingerprint_is_a_hex_digest():
    fingerprint = make_dataset().fingerprint

    assert len(bytes.fromhex(fingerprint)) == 32


@settings(max_examples=20)
@given(ROWS)
def test_fingerprint_survives_a_parquet_round_trip(rows):
    dataset = from_rows(rows)

    restored = TextDataset(round_trip(dataset.table), dataset.label_names)

    assert restored.fingerprint == dataset.fingerprint


@settings(max_examples=20)
@given(ROWS, st.integers(1, 9))
def test_fingerprint_does_not_depend_on_chunks(rows, cut):
    whole = from_rows(rows)
    parts = pa.concat_tables([whole.table.slice(0, cut), whole.table.slice(cut)])

    chunked = TextDataset(parts, whole.label_names)

    assert chunked.fingerprint == whole.fingerprint


@settings(max_examples=20)
@given(ROWS, st.integers(1, 9))
def test_fingerprint_does_not_depend_on_what_a_table_was_cut_from(rows, cut):
    longer = from_rows([*rows[:cut], *rows])
    sliced = TextDataset(longer.table.slice(0, len(rows[:cut])), longer.label_names)
    fresh = TextDataset(pa.table(sliced.table.to_pydict(), sliced.table.schema), longer.label_names)

    assert sliced.fingerprint == fresh.fingerprint


def test_fingerprint_does_not_depend_on_what_lies_behind_an_empty_cell():
    offsets, characters, validity = np.array([0, 1, 3, 4], np.int32).tobytes(), b"aXXb", b"\x05"
    buffers = [pa.py_buffer(part) for part in (offsets, characters, validity)]
    dirty = make_dataset(source=pa.StringArray.from_buffers(3, *buffers))

    clean = make_dataset(source=pa.array(["a", None, "b"]))

    assert dirty.fingerprint == clean.fingerprint


def test_fingerprint_does_not_depend_on_dictionary_encoding():
    plain = make_dataset(source=pa.array(["x", "y", "x"]))
    encoded = make_dataset(source=pa.array(["x", "y", "x"]).dictionary_encode())

    assert plain.fingerprint == encoded.fingerprint


@settings(max_examples=20)
@given(ROWS, st.data())
def test_fingerprint_changes_with_any_single_label(rows, data):
    position = data.draw(st.integers(0, len(rows) - 1))
    text, label_id, split = rows[position]
    changed = [*rows[:position], (text, (label_id + 1) % 3, split), *rows[position + 1 :]]

    assert from_rows(rows).fingerprint != from_rows(changed).fingerprint


@pytest.mark.parametrize(
    "changed",
    [
        make_dataset(text=pa.array(["one", "two", "three "])),
        make_dataset(row_id=pa.array(["a", "b", "d"])),
        make_dataset(split=pa.array(["train", "validation", "train"])),
        make_dataset(source=pa.array(["x", "y", "z"])),
        make_dataset(source=pa.array([None, None, None], pa.string())),
        TextDataset(make_table(), ("ham", "news")),
        TextDataset(make_table(), ("ham", "spam", "news")),
        TextDataset(make_table(), ("ham", "spam"), "multi_label"),
        TextDataset(make_table().slice(0, 2), ("ham", "spam")),
        TextDataset(make_table().take([1, 0, 2]), ("ham", "spam")),
    ],
    ids=["text", "row id", "split", "column", "empty column", "class name", "class", "task",
         "fewer rows", "order"],
)  # fmt: skip
def test_fingerprint_changes_with(changed):
    assert changed.fingerprint != make_dataset().fingerprint


def test_fingerprint_tells_a_column_name_from_another():
    one = make_dataset(source=pa.array(["x", "y", "z"]))
    other = make_dataset(origin=pa.array(["x", "y", "z"]))

    assert one.fingerprint != other.fingerprint


def test_fingerprint_tells_an_empty_cell_from_an_empty_text():
    missing = make_dataset(source=pa.array(["x", None, "z"]))
    empty = make_dataset(source=pa.array(["x", "", "z"]))

    assert missing.fingerprint != empty.fingerprint
