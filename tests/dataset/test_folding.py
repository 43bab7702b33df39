"""Cross-validation folds: a partition, stratified, with equal texts together."""

from collections import Counter, defaultdict

import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from textcls_core.dataset.building import Rows, build_dataset, duplicate_key
from textcls_core.dataset.folding import with_fold
from textcls_core.dataset.text_dataset import SCHEMA, TextDataset
from textcls_core.errors import DatasetFormatError, InvalidArgumentError

ROWS = st.lists(
    st.tuples(
        st.sampled_from([f"text {n}" for n in range(25)] + ["text 3 ", " text 4"]),
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(["train", "validation", "test"]),
    ),
    min_size=8,
    max_size=60,
)


def dataset_of(rows):
    texts, labels, splits = zip(*rows, strict=True)
    return build_dataset(Rows(texts, labels, splits, extra={"place": list(map(str, splits))}))


def distinct(num_rows, num_labels, split="train"):
    """Return rows with distinct texts, the labels in turn."""
    return [(f"text {n}", f"label {n % num_labels}", split) for n in range(num_rows)]


def splits_of(dataset):
    return dataset.table["split"].to_pylist()


def all_folds(dataset, num_folds, **options):
    """Return the split column of every fold, or skip the example if it cannot be cut."""
    try:
        return [
            splits_of(with_fold(dataset, num_folds=num_folds, fold=fold, **options))
            for fold in range(1, num_folds + 1)
        ]
    except DatasetFormatError:
        assume(False)


@given(ROWS, st.integers(2, 4))
def test_every_row_validates_exactly_once_and_test_stays(rows, num_folds):
    dataset = dataset_of(rows)

    columns = all_folds(dataset, num_folds)

    for position, before in enumerate(splits_of(dataset)):
        seen = Counter(column[position] for column in columns)
        untouched = {"test": num_folds}
        assert seen == (
            untouched if before == "test" else {"validation": 1, "train": num_folds - 1}
        )


@given(ROWS, st.integers(2, 4))
def test_equal_texts_stay_together(rows, num_folds):
    dataset = dataset_of(rows)

    columns = all_folds(dataset, num_folds)

    for column in columns:
        places = defaultdict(set)
        for (text, *_), split in zip(rows, column, strict=True):
            places[duplicate_key(text)].add(split)
        assert not [text for text, found in places.items() if found >= {"train", "validation"}]


@given(ROWS, st.integers(2, 4))
def test_every_class_keeps_training_rows(rows, num_folds):
    dataset = dataset_of(rows)

    columns = all_folds(dataset, num_folds)

    labels = [label for _, label, _ in rows]
    for column in columns:
        pairs = list(zip(labels, column, strict=True))
        assert {label for label, split in pairs if split == "validation"} <= {
            label for label, split in pairs if split == "train"
        }


@given(st.integers(10, 90), st.integers(1, 4), st.integers(2, 5))
def test_folds_of_distinct_texts_differ_by_one_row_at_most(num_rows, num_labels, num_folds):
    rows = distinct(num_rows, num_labels)

    columns = all_folds(dataset_of(rows), num_folds)

    sizes = [column.count("validation") for column in columns]
    assert max(sizes) - min(sizes) <= 1
    for label in {label for _, label, _ in rows}:
        in_class = [
            sum(r[1] == label and s == "validation" for r, s in zip(rows, column, strict=True))
            for column in columns
        ]
        assert max(in_class) - min(in_class) <= 1


@given(ROWS, st.randoms(use_true_random=False))
def test_folds_do_not_depend_on_the_order_of_rows(rows, random):
    shuffled = random.sample(rows, len(rows))

    before, after = (all_folds(dataset_of(some), 3) for some in (rows, shuffled))

    texts = [[duplicate_key(text) for text, *_ in some] for some in (rows, shuffled)]
    for one, other in zip(before, after, strict=True):
        assert Counter(zip(texts[0], one, strict=True)) == Counter(
            zip(texts[1], other, strict=True)
        )


def test_only_the_split_column_changes(toy_dataset):
    folded = with_fold(toy_dataset, num_folds=5, fold=2)

    assert folded.table.drop(["split"]).equals(toy_dataset.table.drop(["split"]))
    assert folded.fingerprint != toy_dataset.fingerprint


def test_another_seed_gives_other_folds(toy_dataset):
    first = with_fold(toy_dataset, num_folds=5, fold=2, seed=0)

    second = with_fold(toy_dataset, num_folds=5, fold=2, seed=1)

    assert splits_of(first) != splits_of(second)


def test_rows_with_several_labels_are_cut_by_their_rarest():
    label_ids = [[0, 1] if n % 4 == 0 else [0] for n in range(40)] + [[]] * 4
    table = pa.table(
        {
            "row_id": [f"r{n}" for n in range(44)],
            "text": [f"text {n}" for n in range(44)],
            "label_ids": pa.array(label_ids, SCHEMA.field(2).type),
            "split": ["train"] * 44,
        }
    )
    dataset = TextDataset(table, ("common", "rare"), "multi_label")

    counts = [
        Counter(
            tuple(labels)
            for labels, split in zip(label_ids, column, strict=True)
            if split == "validation"
        )
        for column in all_folds(dataset, 2)
    ]

    assert counts == [{(0, 1): 5, (0,): 15, (): 2}] * 2


@pytest.mark.parametrize(("num_folds", "fold"), [(1, 1), (0, 0), (3, 0), (3, 4), (-2, 1)], ids=str)
def test_a_fold_out_of_range_is_refused(toy_dataset, num_folds, fold):
    message = f"Expected at least 2 folds and a fold from 1 to their number, got fold {fold} of"

    with pytest.raises(InvalidArgumentError, match=message):
        with_fold(toy_dataset, num_folds=num_folds, fold=fold)


def test_fewer_texts_than_folds_are_refused():
    rows = [*distinct(3, 1), ("text 0 ", "label 0", "train"), ("other", "label 0", "test")]

    with pytest.raises(
        DatasetFormatError,
        match=r"4 folds need at least 4 distinct texts in train and validation, found 3\. "
        r"Use fewer folds or add rows\.",
    ):
        with_fold(dataset_of(rows), num_folds=4, fold=1)


@pytest.mark.parametrize("fold", [1, 2, 3])
def test_a_class_with_one_text_is_refused_in_every_fold(fold):
    rows = [*distinct(9, 1), ("alone", "rare", "train"), ("alone ", "rare", "train")]

    with pytest.raises(
        DatasetFormatError,
        match=r'1 class is too small to be cut into folds: "rare"\. .* Add rows, merge the class',
    ):
        with_fold(dataset_of(rows), num_folds=3, fold=fold)
