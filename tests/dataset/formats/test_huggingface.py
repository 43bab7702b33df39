import json

import pyarrow as pa
import pytest

from tests.data_files import COLUMNS, save_huggingface
from tests.tables import columns_of
from textcls_core.dataset.reading import detect, preview, read_table
from textcls_core.errors import DatasetFormatError

LABEL = {"names": ["neg", "pos"], "_type": "ClassLabel"}
NUMBERED = pa.table({"text": ["a", "b", "c"], "label": pa.array([1, 0, -1], pa.int64())})


def save_splits(folder, **tables: pa.Table):
    """Write a dictionary of data sets as `save_to_disk` does."""
    for split, table in tables.items():
        save_huggingface(folder / split, table, {"label": LABEL})
    (folder / "dataset_dict.json").write_text(json.dumps({"splits": list(tables)}))
    return folder


def test_reading_returns_the_rows_of_all_files(tmp_path):
    folder = save_huggingface(tmp_path / "data", pa.table(COLUMNS))

    assert columns_of(read_table(folder)) == COLUMNS


def test_reading_names_the_classes(tmp_path):
    folder = save_huggingface(tmp_path / "data", NUMBERED, {"label": LABEL})

    assert columns_of(read_table(folder))["label"] == ["pos", "neg", None]


@pytest.mark.parametrize(
    "feature",
    [
        {"feature": LABEL, "_type": "Sequence"},
        {"feature": LABEL, "_type": "List"},
        [LABEL],
    ],
    ids=["sequence", "list", "old list"],
)
def test_reading_names_the_classes_in_lists(tmp_path, feature):
    table = pa.table({"text": ["a", "b"], "label": pa.array([[1, 0], []], pa.list_(pa.int64()))})
    folder = save_huggingface(tmp_path / "data", table, {"label": feature})

    assert columns_of(read_table(folder))["label"] == [["pos", "neg"], []]


def test_reading_joins_splits_and_says_which(tmp_path):
    folder = save_splits(tmp_path / "data", train=NUMBERED, test=NUMBERED[:1])

    table = read_table(folder)

    assert columns_of(table)["split"] == ["train", "train", "train", "test"]
    assert columns_of(table)["label"] == ["pos", "neg", None, "pos"]
    assert detect(folder).splits == ("train", "test")
    assert preview(folder, num_rows=2).num_rows == 2


def test_reading_keeps_a_split_column_of_its_own(tmp_path):
    table = pa.table({"text": ["a", "b"], "split": ["x", "y"]})

    assert columns_of(read_table(save_splits(tmp_path / "data", train=table)))["split"] == [
        "x",
        "y",
    ]


def test_reading_refuses_splits_with_other_columns(tmp_path):
    folder = save_splits(tmp_path / "data", train=NUMBERED, test=pa.table({"text": ["a", "b"]}))

    with pytest.raises(DatasetFormatError, match='Split "test" has other columns than the first'):
        read_table(folder)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("state.json", "{}", "it names no data files"),
        ("state.json", "oops", "missing or not JSON"),
        ("state.json", "[]", "no JSON object"),
        ("state.json", '{"_data_files": []}', "has no data files"),
        ("state.json", '{"_data_files": [{"filename": "../../x"}]}', r"no \.\./\.\./x in it"),
        ("state.json", '{"_data_files": [{"filename": "gone"}]}', "no gone in it"),
        ("data-00000-of-00002.arrow", "oops", "is a damaged Hugging Face file"),
        ("dataset_info.json", "oops", "missing or not JSON"),
    ],
    ids=["no files", "not JSON", "list", "empty", "path out", "missing", "damaged", "info"],
)
def test_reading_refuses_a_damaged_data_set(tmp_path, file, content, message):
    folder = save_huggingface(tmp_path / "data", pa.table(COLUMNS))
    (folder / file).write_text(content)

    with pytest.raises(DatasetFormatError, match=message):
        read_table(folder)


def test_reading_refuses_data_files_that_are_links(tmp_path):
    folder = save_huggingface(tmp_path / "data", pa.table(COLUMNS))
    (folder / "data-00000-of-00002.arrow").unlink()
    (folder / "data-00000-of-00002.arrow").symlink_to("/etc/passwd")

    with pytest.raises(DatasetFormatError, match=r"no data-00000-of-00002\.arrow in it"):
        read_table(folder)


@pytest.mark.parametrize("splits", ["[]", '["../x"]', '"train"'])
def test_reading_refuses_splits_that_lead_nowhere(tmp_path, splits):
    folder = save_splits(tmp_path / "data", train=NUMBERED)
    (folder / "dataset_dict.json").write_text(f'{{"splits": {splits}}}')

    with pytest.raises(DatasetFormatError, match="of a Hugging Face data set cannot be read"):
        read_table(folder)
