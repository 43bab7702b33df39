import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textcls_core.dataset.fixes import (
    drop_positions,
    drop_rows,
    relabel,
    rename_labels,
    replace_texts,
)
from textcls_core.dataset.text_dataset import SCHEMA, TextDataset
from textcls_core.errors import InvalidArgumentError, NotFoundError

NAMES = ("a", "b", "c")
LABEL_SETS = st.lists(st.lists(st.integers(0, 2), unique=True, max_size=3), min_size=2, max_size=8)


def make(label_sets, names=NAMES, task="single_label", texts=None) -> TextDataset:
    count = len(label_sets)
    table = pa.table(
        {
            "row_id": [f"r{n}" for n in range(count)],
            "text": pa.array(texts or [f"text {n}" for n in range(count)], pa.string()),
            "label_ids": pa.array(label_sets, SCHEMA.field("label_ids").type),
            "split": pa.array(["train"] * count, pa.string()),
            "source": pa.array([str(n) for n in range(count)], pa.string()),
        }
    )
    return TextDataset(table, tuple(names), task)


def named(dataset: TextDataset) -> dict[str, list[str]]:
    """Return the class names of every row by its id."""
    names = [sorted(dataset.label_names[i] for i in row) for row in dataset.label_sets]
    return dict(zip(dataset.row_ids(), names, strict=True))


def test_drop_rows_keeps_the_others_as_they_were():
    dataset = make([[0], [1], [0], [2]])

    left = drop_rows(dataset, ["r2"])

    assert left.row_ids() == ["r0", "r1", "r3"]
    assert left.table["source"].to_pylist() == ["0", "1", "3"]
    assert named(left) == {"r0": ["a"], "r1": ["b"], "r3": ["c"]}


def test_drop_rows_drops_a_class_with_its_last_row():
    left = drop_rows(make([[0], [1], [2]]), ["r1"])

    assert left.label_names == ("a", "c")
    assert named(left) == {"r0": ["a"], "r2": ["c"]}


def test_drop_rows_keeps_a_class_that_had_no_row_before():
    left = drop_rows(make([[0, 1], [0], [1]], task="multi_label"), ["r0"])

    assert left.label_names == NAMES


def test_drop_rows_refuses_to_drop_everything():
    with pytest.raises(InvalidArgumentError, match=r"All 2 rows would be dropped\. Keep at least"):
        drop_rows(make([[0], [1]]), ["r0", "r1"])


def test_drop_rows_refuses_a_row_it_does_not_know():
    with pytest.raises(NotFoundError, match="1 of 2 rows are not in this data set"):
        drop_rows(make([[0], [1]]), ["r0", "r9"])


def test_drop_positions_takes_positions():
    assert drop_positions(make([[0], [1], [0]]), np.array([0])).row_ids() == ["r1", "r2"]


def test_relabel_changes_the_named_rows_only():
    changed = relabel(make([[0], [1], [2]]), {"r2": "a", "r0": "b"})

    assert named(changed) == {"r0": ["b"], "r1": ["b"], "r2": ["a"]}
    assert changed.label_names == ("a", "b")


def test_relabel_takes_new_classes_behind_the_known_ones():
    changed = relabel(make([[0], [1], [2], [2]]), {"r2": "z", "r3": "d"})

    assert changed.label_names == ("a", "b", "d", "z")
    assert named(changed)["r2"] == ["z"]


def test_relabel_sets_all_labels_of_a_row_with_several():
    dataset = make([[0], [], [1, 2]], task="multi_label")

    changed = relabel(dataset, {"r0": ["c", "b"], "r2": []})

    assert named(changed) == {"r0": ["b", "c"], "r1": [], "r2": []}


@pytest.mark.parametrize("labels", [[], ["a", "b"]])
def test_relabel_refuses_another_number_of_labels_than_one(labels):
    with pytest.raises(InvalidArgumentError, match="Expected exactly one label for every row"):
        relabel(make([[0], [1]]), {"r0": labels})


@pytest.mark.parametrize("change", [{"r0": " "}, {"r0": ["a", ""]}])
def test_relabel_refuses_an_empty_name(change):
    with pytest.raises(InvalidArgumentError, match="class name with at least one visible"):
        relabel(make([[0], [1]], task="multi_label"), change)


def test_rename_labels_renames_in_place():
    changed = rename_labels(make([[0], [1], [2]]), {"b": "B"})

    assert changed.label_names == ("a", "B", "c")
    assert named(changed) == {"r0": ["a"], "r1": ["B"], "r2": ["c"]}


def test_rename_labels_merges_classes_of_one_name():
    changed = rename_labels(make([[0], [1], [2]]), {"c": "a"})

    assert changed.label_names == ("a", "b")
    assert named(changed) == {"r0": ["a"], "r1": ["b"], "r2": ["a"]}


def test_rename_labels_explains_an_unknown_class():
    with pytest.raises(InvalidArgumentError, match=r'"x" is not a class .* Known: "a", "b", "c"'):
        rename_labels(make([[0]]), {"x": "y"})


@given(LABEL_SETS, st.dictionaries(st.sampled_from(NAMES), st.sampled_from([*NAMES, "d"])))
def test_rename_labels_maps_every_set(label_sets, names):
    dataset = make(label_sets, task="multi_label")

    changed = rename_labels(dataset, names)

    expected = {
        row_id: sorted({names.get(name, name) for name in row})
        for row_id, row in named(dataset).items()
    }
    assert named(changed) == expected


@given(LABEL_SETS, st.data())
def test_drop_rows_changes_no_other_label(label_sets, data):
    dataset = make(label_sets, task="multi_label")
    size = len(label_sets)
    dropped = data.draw(st.sets(st.sampled_from(dataset.row_ids()), max_size=size - 1))

    left = drop_rows(dataset, dropped)

    before = named(dataset)
    assert named(left) == {row: names for row, names in before.items() if row not in dropped}


def test_replace_texts_changes_the_named_rows_only():
    changed = replace_texts(make([[0], [1], [2]]), {"r1": "new\0 \ud800"})

    assert changed.texts() == ["text 0", "new \ufffd", "text 2"]
    assert changed.row_ids() == ["r0", "r1", "r2"]


def test_replace_texts_refuses_an_empty_text():
    with pytest.raises(InvalidArgumentError, match=r'an empty one for row "r0"\. Drop the row'):
        replace_texts(make([[0]]), {"r0": " \n"})


def test_fixes_leave_the_data_set_they_start_from_as_it_is():
    dataset = make([[0], [1], [2]])
    before = dataset.fingerprint

    relabel(dataset, {"r0": "b"})
    replace_texts(dataset, {"r0": "other"})

    assert dataset.table.num_rows == 3
    assert make([[0], [1], [2]]).fingerprint == before == dataset.fingerprint
