import csv
import json

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.export import FORMATS, column_names, export_name, export_version
from textcls_core.dataset.formulas import is_formula_safe, unescape_table
from textcls_core.dataset.importing import import_tables
from textcls_core.dataset.reading import read_table
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.errors import DatasetFormatError

CELLS = st.text(st.sampled_from("'=+-@\t\r\n\",;|\u2028 aé\U0001f600你[]{}\\"), max_size=6)
TEXTS = CELLS.map(lambda text: f"{text}.")
LABELS = CELLS.map(lambda text: f"{text}!")
ROWS = st.lists(
    st.tuples(TEXTS, LABELS, st.sampled_from(["train", "validation", "test"]), st.none() | CELLS),
    min_size=1,
    max_size=8,
)


@pytest.fixture
def store(tmp_path) -> DatasetStore:
    return DatasetStore(tmp_path / "datasets")


def make(rows, column="=more %s") -> TextDataset:
    texts, labels, splits, values = zip(*rows, strict=True)
    return build_dataset(Rows(texts, labels, splits, {column: values}))


def with_sets(dataset: TextDataset, sets) -> TextDataset:
    field = dataset.table.schema.field("label_ids")
    table = dataset.table.set_column(2, field, pa.array(sets, field.type))
    return TextDataset(table, dataset.label_names, "multi_label")


def exported(store, dataset, file_format, folder):
    info = store.save(dataset, "n", "r")
    file = folder / f"out.{file_format}"
    export_version(store, info, file_format, file)
    return file


def read_back(file) -> pa.Table:
    """Read an export with another library than the product's own reader."""
    if file.suffix == ".parquet":
        return pq.read_table(file)
    if file.suffix == ".jsonl":
        lines = file.read_bytes().split(b"\n")
        return pa.Table.from_pylist([json.loads(line) for line in lines if line])
    names = next(csv.reader(file.open(newline="")))
    table = pa.csv.read_csv(
        file,
        parse_options=pa.csv.ParseOptions(newlines_in_values=True),
        convert_options=pa.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=[""],
        ),
    )
    assert is_formula_safe(table)
    return unescape_table(table)


@pytest.mark.parametrize("file_format", FORMATS)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_export_holds_every_cell_exactly(store, tmp_path, file_format, rows):
    dataset = make(rows)

    table = read_back(exported(store, dataset, file_format, tmp_path))

    texts, labels, splits, values = (list(column) for column in zip(*rows, strict=True))
    assert table.to_pydict() == {
        "row_id": dataset.row_ids(),
        "text": texts,
        "label": labels,
        "split": splits,
        "=more %s": values,
    }


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_export_as_json_lines_is_imported_exactly(store, tmp_path, rows):
    dataset = make(rows)

    file = exported(store, dataset, "jsonl", tmp_path)
    imported = import_tables(read_table(file)).dataset

    by_split = dict(zip(dataset.row_ids(), dataset.table["split"].to_pylist(), strict=True))
    given_all = {"train", "validation", "test"} <= set(by_split.values())
    assert imported.texts() == dataset.texts()
    assert imported.label_sets == dataset.label_sets
    assert imported.label_names == dataset.label_names
    if given_all:
        assert imported.table["split"].to_pylist() == list(by_split.values())


@pytest.mark.parametrize("file_format", FORMATS)
def test_export_holds_several_labels_as_a_list(store, tmp_path, file_format):
    rows = [("one", "-a", "train", "1"), ("two", "b,c", "train", "2"), ("six", "b,c", "test", "3")]
    dataset = with_sets(make(rows), [[0, 1], [], [1]])

    table = read_back(exported(store, dataset, file_format, tmp_path))

    lists = table["labels"].to_pylist()
    assert [json.loads(x) if file_format == "csv" else x for x in lists] == [
        ["-a", "b,c"],
        [],
        ["b,c"],
    ]


@pytest.mark.parametrize("file_format", FORMATS)
def test_export_of_more_rows_than_a_block_keeps_their_order(
    store, tmp_path, file_format, monkeypatch
):
    monkeypatch.setattr("textcls_core.dataset.export._BLOCK", 7)
    dataset = make([(f"text {n}", "ab"[n % 2], "train", None) for n in range(40)])

    table = read_back(exported(store, dataset, file_format, tmp_path))

    assert table["text"].to_pylist() == dataset.texts()
    assert table["label"].to_pylist() == ["a", "b"] * 20


@pytest.mark.parametrize("file_format", FORMATS)
def test_export_of_no_rows_is_a_file(store, tmp_path, file_format):
    full = make([("one", "a", "train", "1")])
    dataset = TextDataset(full.table.slice(0, 0), full.label_names)

    file = exported(store, dataset, file_format, tmp_path)

    assert file_format == "jsonl" or "row_id" in read_back(file).column_names


FORMULAS = ["=1", "+1", "-1", "@a", "\t=", "\r=", "\0="]


def test_export_as_csv_has_no_cell_that_a_spreadsheet_runs(store, tmp_path):
    rows = [(f"{start}x", f"{start}y", "train", f"{start}z") for start in FORMULAS]

    file = exported(store, make(rows, "=cmd|' /C calc'!A0"), "csv", tmp_path)

    with file.open(newline="") as lines:
        cells = [cell for row in csv.reader(lines) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\0"))]


@pytest.mark.parametrize("column", ["row_id", "text", "label", "split"])
def test_export_renames_a_column_called_like_ours(store, column):
    saved = store.save(make([("one", "a", "train", "1")]), "n", "r")
    info = saved.model_copy(update={"extra_columns": (column,)})

    assert column_names(info) == ["row_id", "text", "label", "split", f"{column} (file)"]


def test_export_names_stay_distinct_when_one_is_taken(store):
    info = store.save(make([("one", "a", "train", "1")]), "n", "r")
    taken = info.model_copy(update={"extra_columns": ("label (file)", "label")})

    assert column_names(taken)[4:] == ["label (file)", "label (file) (file)"]


def test_export_replaces_a_file_only_when_it_is_whole(store, tmp_path, monkeypatch):
    file = exported(store, make([("one", "a", "train", "1")]), "csv", tmp_path)
    before = file.read_bytes()

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("textcls_core.dataset.export.escape_formulas", fail)
    with pytest.raises(OSError, match="No space left"):
        exported(store, make([("two", "a", "train", "1")]), "csv", tmp_path)

    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".out")] == []


def test_export_says_that_rows_are_damaged(store, tmp_path):
    info = store.save(make([("one", "a", "train", "1")]), "n", "r")
    store.path(info).write_bytes(b"PAR1 broken")

    with pytest.raises(DatasetFormatError, match=r'The rows of data set "n" .* are damaged'):
        export_version(store, info, "csv", tmp_path / "out.csv")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("My reviews", "My-reviews"),
        ("../../etc/passwd", "etc-passwd"),
        ("CON", "CON"),
        ("评论", "data-set"),
        ("a" * 80, "a" * 40),
    ],
)
def test_export_makes_a_file_name_every_system_takes(store, name, expected):
    info = store.save(make([("one", "a", "train", "1")]), name, "r")

    assert export_name(info, "csv") == f"{expected}-v1-{info.fingerprint[:8]}.csv"
