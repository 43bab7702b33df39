import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.diff import CHANGES, RowChange, diff_datasets, diff_versions
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.errors import DatasetFormatError

ROWS = st.dictionaries(
    st.sampled_from("abcdefgh"),
    st.tuples(
        st.sampled_from(["x", "y", "'\0é"]),
        st.sampled_from(["one", "two", "a'b", "three"]),
        st.sampled_from(["train", "validation", "test"]),
        st.none() | st.sampled_from(["", "1"]),
    ),
    min_size=1,
)


@pytest.fixture
def store(tmp_path) -> DatasetStore:
    return DatasetStore(tmp_path / "it's here" / "datasets")


def make(rows, column="Text") -> TextDataset:
    """Return a data set of row id -> (text, label, split, value); its column is nearly `text`."""
    texts, labels, splits, values = zip(*rows.values(), strict=True)
    return build_dataset(Rows(texts, labels, splits, {column: values}), list(rows))


def diff(store, before, after, **options):
    infos = [store.save(dataset, "n", "r") for dataset in (before, after)]
    return diff_versions(store, *infos, **options)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, ROWS)
def test_diff_counts_what_a_look_at_every_row_counts(store, before, after):
    both = [(before[key], after[key]) for key in before.keys() & after.keys()]

    found = diff(store, make(before), make(after))

    assert found.counts == {
        "added": len(after.keys() - before.keys()),
        "removed": len(before.keys() - after.keys()),
        "text": sum(old[0] != new[0] for old, new in both),
        "label": sum(old[1] != new[1] for old, new in both),
        "split": sum(old[2] != new[2] for old, new in both),
        "columns": sum(old[3] != new[3] for old, new in both),
    }
    assert found.num_unchanged == sum(old == new for old, new in both)
    assert {kind: sum(splits.values()) for kind, splits in found.by_split.items()} == found.counts
    assert diff_datasets(make(before), make(after)) == found


BEFORE = {"1": ("one", "x", "train", "v"), "2": ("two", "y", "train", "v")}
AFTER = {"1": ("ONE", "z", "test", "w"), "3": ("three", "x", "train", "v")}


def test_diff_counts_by_the_split_afterwards_or_before_if_gone(store):
    found = diff(store, make(BEFORE), make(AFTER))

    assert found.by_split["added"] == {"train": 1}
    assert found.by_split["removed"] == {"train": 1}
    assert found.by_split["label"] == {"test": 1}


def test_diff_shows_rows_before_and_after(store):
    examples = diff(store, make(BEFORE), make(AFTER)).examples

    changed = RowChange("1", "one", "ONE", ("x",), ("z",), "train", "test")
    assert examples == {
        "added": (RowChange("3", None, "three", None, ("x",), None, "train"),),
        "removed": (RowChange("2", "two", None, ("y",), None, "train", None),),
        "text": (changed,),
        "label": (changed,),
        "split": (changed,),
        "columns": (changed,),
    }


def test_diff_names_new_and_lost_classes_and_columns(store):
    found = diff(store, make(BEFORE, "old"), make(AFTER, "new"))

    assert (found.added_labels, found.removed_labels) == (("z",), ("y",))
    assert (found.added_columns, found.removed_columns) == (("new",), ("old",))
    assert found.counts["columns"] == 0


def test_diff_of_labels_compares_names_not_ids(store):
    after = {**BEFORE, "3": ("three", "a", "train", "v")}  # "a" moves the ids of "x" and "y"

    assert diff(store, make(BEFORE), make(after)).counts["label"] == 0


def test_diff_of_several_labels_ignores_their_order(store):
    base = make(BEFORE)

    def with_sets(sets):
        column = pa.array(sets, base.table.schema.field("label_ids").type)
        table = base.table.set_column(2, base.table.schema.field("label_ids"), column)
        return TextDataset(table, base.label_names, "multi_label")

    found = diff(store, with_sets([[0, 1], []]), with_sets([[1, 0], [1]]))

    assert found.counts["label"] == 1
    assert found.examples["label"][0].labels_before == ()


def test_diff_of_a_version_with_itself_is_empty(store):
    found = diff(store, make(BEFORE), make(BEFORE))

    assert found.summary == "No row changed; 2 rows unchanged."
    assert set(found.counts) == set(CHANGES)


def test_diff_is_told_in_one_sentence(store):
    assert diff(store, make(BEFORE), make(AFTER)).summary == (
        "1 row added, 1 row removed, 1 row with another text, 1 row with another label, "
        "1 row in another split, 1 row with other values in further columns; 0 rows unchanged."
    )


def test_diff_shows_the_first_rows_of_many(store):
    many = {f"{n:03}": ("t", "x", "train", "v") for n in range(100)}

    found = diff(store, make(BEFORE), make(many), num_examples=3)

    assert found.counts["added"] == 100
    assert [row.row_id for row in found.examples["added"]] == ["000", "001", "002"]


def test_diff_says_which_versions_cannot_be_read(store):
    infos = [store.save(make(rows), "n", "r") for rows in (BEFORE, AFTER)]
    store.path(infos[0]).write_bytes(b"PAR1 broken")

    with pytest.raises(DatasetFormatError, match=r'"n" version 1 or "n" version 2 cannot be comp'):
        diff_versions(store, *infos)
