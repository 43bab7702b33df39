from collections import Counter
from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data_bad import HOSTILE_TEXTS
from tests.tables import raw_table
from textcls_core.dataset.columns import ColumnChoice
from textcls_core.dataset.import_rows import join_texts
from textcls_core.dataset.import_splits import SplitPlan
from textcls_core.dataset.importing import Imported, ImportPlan, clean_name, import_tables
from textcls_core.dataset.raw_table import RawTable
from textcls_core.dataset.reading import read_table
from textcls_core.dataset.reading_options import ReadingOptions
from textcls_core.dataset.splitting import SplitRecipe
from textcls_core.errors import DatasetFormatError, InvalidArgumentError

BLANKS = st.sampled_from([None, "", " ", "\u3000", "a", "b c", "="])


def make_table(num_rows: int = 40, name: str = "train.csv", **extra) -> RawTable:
    """Return distinct texts in two classes, and further columns."""
    columns = {
        "text": [f"{name} text {n}" for n in range(num_rows)],
        "label": ["xy"[n % 2] for n in range(num_rows)],
        **extra,
    }
    return raw_table(name, columns, list(range(2, num_rows + 2)))


def from_csv(data: bytes, **options) -> Imported:
    return import_tables(read_table(data, ReadingOptions(**options), "f.csv"))


def found(imported: Imported) -> dict[str, int]:
    """Return the findings with their counts."""
    return {finding.kind: finding.count for finding in imported.findings}


def message_of(imported: Imported, kind: str) -> str:
    return next(finding.message for finding in imported.findings if finding.kind == kind)


def split_counts(imported: Imported) -> Counter:
    return Counter(imported.dataset.table["split"].to_pylist())


# Splits


def test_import_without_a_split_makes_one():
    imported = import_tables(make_table())

    assert split_counts(imported) == {"train": 28, "validation": 6, "test": 6}
    assert message_of(imported, "split_made") == (
        "Split 70/15/15 into train, validation and test, stratified by class."
    )


def test_import_uses_the_split_of_the_file():
    splits = ["train", "dev", "test", "train"] * 10

    imported = import_tables(make_table(split=splits))

    assert split_counts(imported) == {"train": 20, "validation": 10, "test": 10}
    assert message_of(imported, "split_given") == "The file's own split is used."


@pytest.mark.parametrize(
    ("splits", "expected", "message"),
    [
        (
            ["train", "test"] * 20,
            {"train": 17, "validation": 3, "test": 20},
            "15 % of the training rows became validation, stratified by class.",
        ),
        (
            ["train", "dev"] * 20,
            {"train": 17, "validation": 20, "test": 3},
            "15 % of the training rows became test, stratified by class.",
        ),
        (
            ["train"] * 40,
            {"train": 28, "validation": 6, "test": 6},
            "15 % of the training rows each became test and validation, stratified by class.",
        ),
    ],
    ids=["no validation", "no test", "only train"],
)
def test_import_completes_the_split_of_the_file(splits, expected, message):
    imported = import_tables(make_table(split=splits))

    assert split_counts(imported) == expected
    assert message_of(imported, "split_completed") == message


def test_import_puts_rows_of_a_blank_split_into_train():
    splits = ["dev", "test", "", None] * 10

    imported = import_tables(
        make_table(part=splits), plan=ImportPlan(columns=ColumnChoice(split="part"))
    )

    assert split_counts(imported) == {"train": 20, "validation": 10, "test": 10}


def test_import_of_two_files_keeps_the_second_for_the_test():
    imported = import_tables(make_table(), make_table(10, "test.csv"))

    assert split_counts(imported) == {"train": 34, "validation": 6, "test": 10}
    assert imported.dataset.indices("test").tolist() == list(range(40, 50))


def test_import_of_two_files_keeps_the_validation_rows_of_the_first():
    splits = ["train", "train", "train", "dev"] * 10

    imported = import_tables(make_table(split=splits), make_table(10, "test.csv"))

    assert split_counts(imported) == {"train": 30, "validation": 10, "test": 10}


def test_import_of_two_files_does_not_need_a_second_split_column():
    splits = ["train", "dev"] * 20
    plan = ImportPlan(columns=ColumnChoice(split="part"))

    imported = import_tables(make_table(part=splits), make_table(10, "test.csv"), plan)

    assert split_counts(imported)["test"] == 10


def test_import_does_not_depend_on_the_order_of_rows():
    table = make_table()
    backwards = replace(table, table=table.table.take(list(range(39, -1, -1))))

    one, other = import_tables(table).dataset, import_tables(backwards).dataset

    assert dict(zip(one.row_ids(), one.table["split"].to_pylist(), strict=True)) == dict(
        zip(other.row_ids(), other.table["split"].to_pylist(), strict=True)
    )


def test_import_can_make_a_split_instead_of_that_of_the_file():
    recipe = SplitRecipe(by="group", column="author", shares=(0.5, 0.25, 0.25))
    plan = ImportPlan(splits=SplitPlan(use_own=False, recipe=recipe))
    authors = [f"author {n % 8}" for n in range(40)]

    imported = import_tables(make_table(split=["train", "test"] * 20, author=authors), plan=plan)

    table = imported.dataset.table
    pairs = set(zip(table["author"].to_pylist(), table["split"].to_pylist(), strict=True))
    assert len(pairs) == 8
    assert message_of(imported, "split_made").startswith("Split anew with equal values")
    assert imported.dataset.extra_columns == ("author", "split_")


def test_import_splits_rows_with_several_labels():
    labels = [["x", "y"] if n % 2 else ["z"] for n in range(40)]
    table = raw_table("f.json", {"text": [f"t{n}" for n in range(40)], "labels": labels})

    imported = import_tables(table)

    assert imported.dataset.task == "multi_label"
    assert split_counts(imported) == {"train": 28, "validation": 6, "test": 6}


# Columns


def test_import_keeps_further_columns():
    imported = import_tables(make_table(3, source=["web", None, "mail"]))

    assert imported.dataset.table["source"].to_pylist() == ["web", None, "mail"]


def test_import_of_two_files_keeps_the_further_columns_of_the_first():
    train = make_table(3, source=["web"] * 3)
    test = make_table(1, "test.csv", other=["x"])

    dataset = import_tables(train, test).dataset

    assert dataset.extra_columns == ("source",)
    assert dataset.table["source"].to_pylist() == ["web", "web", "web", None]


def test_import_renames_columns_that_the_data_set_needs_itself():
    imported = import_tables(make_table(3, row_id=["1", "2", "3"], split=["a", "b", "c"]))

    assert imported.dataset.extra_columns == ("row_id_", "split_")


def test_import_never_renames_onto_another_column():
    table = make_table(3, row_id=["1", "2", "3"], row_id_=["4", "5", "6"])

    dataset = import_tables(table).dataset

    assert dataset.table["row_id_"].to_pylist() == ["4", "5", "6"]
    assert dataset.table["row_id__"].to_pylist() == ["1", "2", "3"]


def test_import_says_which_columns_it_used():
    imported = import_tables(make_table())

    assert imported.columns == ColumnChoice(text="text", label="label")


def test_import_refuses_a_test_file_with_other_columns():
    test = raw_table("test.csv", {"sentence": ["a"], "label": ["x"]})

    with pytest.raises(
        DatasetFormatError,
        match=r'Column "text" \(chosen as text\) is missing in test\.csv\. '
        r'Known: "sentence", "label"',
    ):
        import_tables(make_table(), test)


def test_import_joins_columns_without_their_blank_cells():
    texts = {"title": ["A", None, " ", None], "body": ["b", "c", "d", " "]}
    table = raw_table("f.csv", {**texts, "label": list("xyxy")})
    columns = ColumnChoice(text=("title", "body"), separator=" - ")

    imported = import_tables(table, plan=ImportPlan(columns=columns))

    assert imported.dataset.texts() == ["A - b", "c", "d"]
    assert found(imported)["missing_text"] == 1


@given(st.lists(st.lists(BLANKS, min_size=2, max_size=2), min_size=1, max_size=10))
def test_joined_texts_are_what_python_joins(rows):
    columns = [
        pa.chunked_array([pa.array(cells, pa.string())]) for cells in zip(*rows, strict=True)
    ]

    joined = join_texts(columns, "|").to_pylist()

    expected = ["|".join(cell for cell in row if cell and cell.strip()) for row in rows]
    assert [text.strip() for text in joined] == [text.strip() for text in expected]


def test_import_takes_the_row_ids_of_a_column():
    columns = ColumnChoice(row_id="id")

    imported = import_tables(make_table(3, id=["r1", "r2", "r3"]), plan=ImportPlan(columns=columns))

    assert imported.dataset.row_ids() == ["r1", "r2", "r3"]
    assert imported.dataset.extra_columns == ()


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["a", "b", "a"], r'1 repeated value \("a"\)\. Expected another value in every row'),
        (["a", " ", None], "2 empty cells"),
        (["", "a", "a"], r'1 empty cell and 1 repeated value \("a"\)'),
    ],
)
def test_import_refuses_row_ids_that_do_not_tell_rows_apart(ids, message):
    columns = ColumnChoice(row_id="id")

    with pytest.raises(DatasetFormatError, match=message):
        import_tables(make_table(3, id=ids), plan=ImportPlan(columns=columns))


def test_import_keeps_lists_beside_the_labels_as_text():
    imported = import_tables(make_table(3, tags=[["a", "b"], [], None]))

    assert imported.dataset.table["tags"].to_pylist() == ["a, b", "", None]


def test_import_refuses_lists_in_one_file_only():
    train = raw_table("train.json", {"text": ["a"], "labels": [["x"]]})
    test = raw_table("test.json", {"text": ["b"], "labels": ["x"]})

    with pytest.raises(DatasetFormatError, match='Column "labels" holds lists in one file'):
        import_tables(train, test)


# Rows that cannot be used


def test_import_refuses_a_file_without_a_usable_row():
    with pytest.raises(
        DatasetFormatError,
        match=r"f\.csv has no row with both a text and a label\. "
        r'Check the columns "text" and "label"',
    ):
        from_csv(b"text,label\na,\n,x\n")


# What labels and texts may be


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_import_keeps_hostile_texts_and_labels(text):
    table = raw_table("f.csv", {"text": [text, "b"], "label": ["x", text]})

    dataset = import_tables(table).dataset

    assert dataset.texts() == [text, "b"]
    assert set(dataset.label_names) == {"x", text}


def test_import_keeps_near_equal_labels_and_warns():
    imported = from_csv(b"text,label\na,01\nb,1\nc,1.0\nd,yes\ne,Yes \n")

    assert imported.dataset.label_names == ("01", "1", "1.0", "Yes ", "yes")
    assert found(imported)["near_equal_labels"] == 2


def test_import_keeps_a_label_of_5_000_characters():
    label = "x" * 5_000

    dataset = from_csv(f"text,label\na,{label}\nb,y\n".encode()).dataset

    assert dataset.label_names == (label, "y")


def test_import_takes_one_class_and_says_that_it_cannot_be_trained():
    imported = from_csv(b"text,label\na,x\nb,x\n")

    assert imported.dataset.label_names == ("x",)
    assert found(imported)["one_class"] == 1


def test_import_takes_10_000_classes_and_says_that_they_cannot_be_trained():
    labels = [f"label {n}" for n in range(10_000)]
    table = raw_table("f.csv", {"text": labels, "label": labels})

    imported = import_tables(table)

    assert found(imported)["too_many_classes"] == 10_000


def test_import_is_the_same_every_time():
    fingerprints = {import_tables(make_table()).dataset.fingerprint for _ in range(2)}

    assert len(fingerprints) == 1


# Names


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("  my   reviews ", "my reviews"),
        ("a\0b", "ab"),
        ("a\nb\tc", "abc"),
        ("a\u202eb", "ab"),
        ("a\u200bb", "ab"),
        ("a\ud800b", "ab"),
        ("\x1b[31mred", "[31mred"),
        ("cafe\u0301", "caf\u00e9"),
        ("\U0001f600", "\U0001f600"),
        ("x" * 300, "x" * 80),
        ("../../etc/passwd", "../../etc/passwd"),
        ("<script>", "<script>"),
        ("CON.", "CON."),
    ],
)
def test_clean_name_makes_a_label_for_people(name, cleaned):
    assert clean_name(name) == cleaned


@pytest.mark.parametrize("name", ["", "  ", "\n\t", "\u200b", "\0", "\ud800"])
def test_clean_name_refuses_a_name_that_cannot_be_seen(name):
    with pytest.raises(
        InvalidArgumentError, match="Expected a name with at least one visible character"
    ):
        clean_name(name)


# Public data sets
