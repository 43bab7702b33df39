import hashlib
import unicodedata
from collections import Counter, defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.splitting import SplitRecipe, resplit, stratified_split
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.errors import InvalidArgumentError

ROWS = st.lists(
    st.tuples(st.sampled_from([f"text {n}" for n in range(30)]), st.sampled_from("abc")),
    min_size=1,
    max_size=60,
)


def texts_and_labels(num_rows: int, num_labels: int) -> tuple[list[str], list[str]]:
    texts = [f"text {n}" for n in range(num_rows)]
    return texts, [f"label {n % num_labels}" for n in range(num_rows)]


def splits_by_text(texts, labels, **options) -> dict[str, set[str]]:
    """Return the splits that each text was put into."""
    found = defaultdict(set)
    for text, split in zip(texts, stratified_split(texts, labels, **options), strict=True):
        found[text].add(split)
    return found


@settings(max_examples=40)
@given(ROWS, st.randoms(use_true_random=False))
def test_split_does_not_depend_on_the_order_of_rows(rows, random):
    shuffled = random.sample(rows, len(rows))

    before = splits_by_text(*zip(*rows, strict=True))
    after = splits_by_text(*zip(*shuffled, strict=True))

    assert before == after


@settings(max_examples=40)
@given(ROWS)
def test_split_never_parts_equal_texts(rows):
    found = splits_by_text(*zip(*rows, strict=True))

    assert {len(splits) for splits in found.values()} == {1}


@pytest.mark.parametrize(
    ("text", "same"),
    [("cafe\u0301", "caf\u00e9"), ("a text ", "a text"), ("a text\n", " a text")],
    ids=["Unicode form", "space at the end", "line break"],
)
@pytest.mark.parametrize("seed", range(8))
def test_split_never_parts_texts_that_look_equal(text, same, seed):
    texts, labels = texts_and_labels(20, 1)

    splits = stratified_split([*texts, text, same], [*labels, *labels[:2]], seed=seed)

    assert splits[-1] == splits[-2]


@settings(max_examples=40)
@given(st.integers(3, 150), st.integers(1, 3))
def test_split_keeps_the_shares_inside_every_class(rows_per_class, num_labels):
    texts, labels = texts_and_labels(rows_per_class * num_labels, num_labels)

    counts = Counter(zip(labels, stratified_split(texts, labels), strict=True))

    expected = max(round(0.15 * rows_per_class), 1)
    assert {counts[label, "test"] for label in labels} == {expected}
    assert {counts[label, "validation"] for label in labels} == {expected}


@pytest.mark.parametrize(
    ("test_share", "validation_share", "expected"),
    [
        (0.2, 0.1, {"train": 70, "validation": 10, "test": 20}),
        (0, 0.15, {"train": 85, "validation": 15}),
        (0.15, 0, {"train": 85, "test": 15}),
        (0, 0, {"train": 100}),
        (0.5, 0.4, {"train": 10, "validation": 40, "test": 50}),
    ],
)
def test_split_gives_the_shares_asked_for(test_share, validation_share, expected):
    texts, labels = texts_and_labels(100, 1)

    splits = stratified_split(
        texts, labels, test_share=test_share, validation_share=validation_share
    )

    assert Counter(splits) == expected


@pytest.mark.parametrize(
    ("num_texts", "expected"),
    [
        (0, []),
        (1, ["train"]),
        (2, ["test", "train"]),
        (3, ["test", "train", "validation"]),
        (4, ["test", "train", "train", "validation"]),
    ],
)
def test_split_of_a_small_class_fills_train_first_then_test(num_texts, expected):
    texts, labels = texts_and_labels(num_texts, 1)

    assert sorted(stratified_split(texts, labels)) == expected


def test_split_of_a_text_with_two_labels_counts_for_the_first_in_the_alphabet():
    texts = ["shared", "b1", "a1", "a2"]
    labels = ["b", "b", "a", "a"]

    splits = stratified_split([*texts, "shared"], [*labels, "a"])

    assert sorted(splits[i] for i in (0, 2, 3)) == ["test", "train", "validation"]


def test_split_is_the_same_every_time():
    texts, labels = texts_and_labels(200, 3)

    assert stratified_split(texts, labels) == stratified_split(texts, labels)


def test_split_seed_is_effective():
    texts, labels = texts_and_labels(200, 3)

    assert stratified_split(texts, labels, seed=0) != stratified_split(texts, labels, seed=1)


def test_split_of_old_rows_hardly_changes_when_rows_are_added():
    texts, labels = texts_and_labels(1_000, 2)
    before = stratified_split(texts, labels)

    after = stratified_split([*texts, "new"], [*labels, "label 0"])

    assert sum(old != new for old, new in zip(before, after, strict=False)) <= 2


def test_split_refuses_texts_and_labels_of_different_length():
    with pytest.raises(ValueError, match="Expected one label for each of 2 texts, got 1"):
        stratified_split(["a", "b"], ["x"])


def split_one_by_one(rows, test_share, validation_share, seed):
    """Return the same splits as the first versions of the product made, row by row."""
    key_of = {text: unicodedata.normalize("NFC", text).strip() for text, _ in rows}
    label_of, members, split_of = {}, defaultdict(list), {}
    for text, label in rows:
        label_of[key_of[text]] = min(label, label_of.get(key_of[text], label))
    for key, label in label_of.items():
        members[label].append(key)
    for keys in members.values():
        keys.sort(key=lambda k: hashlib.blake2b(f"{seed}\0{k}".encode(), digest_size=16).digest())
        sizes = []
        for share, keep in ((test_share, 1), (validation_share, 1)):
            wanted = max(round(len(keys) * share), 1) if share else 0
            sizes.append(max(min(wanted, len(keys) - keep - sum(sizes)), 0))
        for place, key in enumerate(keys):
            is_test, is_validation = place < sizes[0], place < sum(sizes)
            split_of[key] = "test" if is_test else "validation" if is_validation else "train"
    return [split_of[key_of[text]] for text, _ in rows]


@settings(max_examples=40)
@given(ROWS, st.sampled_from([(0.15, 0.15), (0.3, 0), (0, 0.2)]), st.integers(0, 3))
def test_split_is_the_one_that_stored_data_sets_have(rows, shares, seed):
    texts, labels = zip(*rows, strict=True)

    splits = stratified_split(
        pa.chunked_array([texts]), labels, test_share=shares[0], validation_share=shares[1],
        seed=seed,
    )  # fmt: skip

    assert splits == split_one_by_one(rows, *shares, seed)


TAGS = st.lists(
    st.tuples(
        st.sampled_from([f"text {n}" for n in range(25)]),
        st.sets(st.integers(0, 3)),
        st.sampled_from(["", "ann", "bob", "cid", "dan"]),
    ),
    min_size=1,
    max_size=50,
)


def tagged(rows) -> TextDataset:
    """Return a multi-label data set of (text, label ids, author)."""
    texts, sets, authors = zip(*rows, strict=True)
    single = build_dataset(
        Rows(texts, ["x"] * len(rows), ["train"] * len(rows), {"author": authors})
    )
    field = single.table.schema.field("label_ids")
    column = pa.array([sorted(ids) for ids in sets], field.type)
    return TextDataset(single.table.set_column(2, field, column), tuple("abcd"), "multi_label")


def splits_of(dataset: TextDataset) -> list[str]:
    return dataset.table["split"].to_pylist()


RECIPES = [
    SplitRecipe(),
    SplitRecipe(by="duplicates", seed=3),
    SplitRecipe(by="near_duplicates", seed=3),
    SplitRecipe(by="group", column="author"),
]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.by)
@settings(max_examples=25)
@given(rows=TAGS, random=st.randoms(use_true_random=False))
def test_resplit_does_not_depend_on_the_order_of_rows(recipe, rows, random):
    order = random.sample(range(len(rows)), len(rows))

    before = splits_of(resplit(tagged(rows), recipe))
    after = splits_of(resplit(tagged([rows[i] for i in order]), recipe))

    by_row = defaultdict(set)
    for i, split in enumerate(before):
        by_row[repr(rows[i])].add(split)
    for place, i in enumerate(order):
        by_row[repr(rows[i])].add(after[place])
    assert {len(splits) for splits in by_row.values()} == {1}


@settings(max_examples=25)
@given(TAGS)
def test_resplit_by_group_never_parts_a_group(rows):
    splits = splits_of(resplit(tagged(rows), SplitRecipe(by="group", column="author")))

    of_author = defaultdict(set)
    for (_, _, author), split in zip(rows, splits, strict=True):
        of_author[author].add(split)
    assert all(len(found) == 1 for author, found in of_author.items() if author)


@settings(max_examples=25)
@given(TAGS)
def test_resplit_never_parts_equal_texts_with_several_labels(rows):
    splits = splits_of(resplit(tagged(rows), SplitRecipe()))

    of_text = defaultdict(set)
    for (text, _, _), split in zip(rows, splits, strict=True):
        of_text[text].add(split)
    assert {len(found) for found in of_text.values()} == {1}


def test_resplit_by_duplicates_keeps_near_equal_texts_together():
    texts = [text for n in range(40) for text in (f"Same text {n}", f"same  TEXT {n}")]
    rows = Rows(texts, ["a", "b"] * 40, ["train"] * 80, {})

    splits = splits_of(resplit(build_dataset(rows), SplitRecipe(by="duplicates")))

    assert splits[::2] == splits[1::2]
    assert Counter(splits) == {"train": 56, "validation": 12, "test": 12}


def test_resplit_joins_given_groups_with_equal_texts():
    texts = ["one", "one", "two", "three", *(f"other {n}" for n in range(36))]
    dataset = build_dataset(Rows(texts, ["a"] * 40, ["train"] * 40, {}))
    groups = np.array([0, 1, 1, 2, *range(3, 39)])

    for seed in range(6):
        splits = splits_of(resplit(dataset, SplitRecipe(by="duplicates", seed=seed), groups))

        assert len(set(splits[:3])) == 1
        assert set(splits) == {"train", "validation", "test"}


def test_resplit_refuses_groups_of_another_data_set():
    with pytest.raises(InvalidArgumentError, match="a group for each of 1 rows, got 2"):
        resplit(tagged([("t", {0}, "")]), SplitRecipe(by="duplicates"), np.array([0, 1]))


@pytest.mark.parametrize("num_authors", [6, 20, 200])
def test_resplit_by_group_comes_close_to_the_shares_of_rows_and_classes(num_authors, generator):
    authors = generator.integers(0, num_authors, 4_000)
    labels = (authors + (generator.random(4_000) < 0.3)) % 3
    rows = Rows(
        [f"text {n}" for n in range(4_000)],
        [f"class {n}" for n in labels],
        ["train"] * 4_000,
        {"author": [f"author {n}" for n in authors]},
    )
    dataset = build_dataset(rows)

    splits = splits_of(resplit(dataset, SplitRecipe(by="group", column="author")))

    counts = Counter(splits)
    largest_group = max(Counter(authors.tolist()).values())
    for split, share in (("train", 0.7), ("validation", 0.15), ("test", 0.15)):
        assert abs(counts[split] - share * 4_000) <= max(largest_group, 40)
        assert counts[split]


def test_resplit_keeps_the_share_of_every_label_of_many(generator):
    frequency = np.array([0.5, 0.2, 0.1, 0.05, 0.02, 0.01])
    sets = generator.random((5_000, 6)) < frequency
    column = [np.flatnonzero(row).tolist() for row in sets]
    single = build_dataset(
        Rows([f"text {n}" for n in range(5_000)], ["x"] * 5_000, ["train"] * 5_000, {})
    )
    field = single.table.schema.field("label_ids")
    table = single.table.set_column(2, field, pa.array(column, field.type))

    splits = np.array(splits_of(resplit(TextDataset(table, tuple("abcdef"), "multi_label"),
                                        SplitRecipe())))  # fmt: skip

    for split, share in (("train", 0.7), ("validation", 0.15), ("test", 0.15)):
        found = sets[splits == split].sum(axis=0) / sets.sum(axis=0)
        assert np.abs(found - share).max() < 0.012
        assert abs((splits == split).mean() - share) < 0.002


def dated(moments) -> TextDataset:
    texts = [f"text {n}" for n in range(len(moments))]
    rows = Rows(texts, ["a"] * len(texts), ["train"] * len(texts), {"when": moments})
    return build_dataset(rows)


BY_TIME = SplitRecipe(by="time", column="when", shares=(0.6, 0.2, 0.2))


@pytest.mark.parametrize("recipe", [SplitRecipe(), SplitRecipe(by="duplicates"), BY_TIME])
def test_resplit_of_no_rows_has_no_rows(recipe):
    assert resplit(dated([]), recipe).num_examples == 0


def test_resplit_changes_nothing_but_the_split():
    dataset = dated(list("123456"))

    made = resplit(dataset, BY_TIME)

    assert made.table.drop(["split"]).equals(dataset.table.drop(["split"]))


def test_resplit_names_the_columns_there_are():
    with pytest.raises(
        InvalidArgumentError, match=r'Column "x" is not in this data set. Known: "w'
    ):
        resplit(dated(["1"]), SplitRecipe(by="group", column="x"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"shares": (0.7, 0.2, 0.2)}, "add up to 1, with some rows for train, got 0.7, 0.2, 0.2"),
        ({"shares": (0, 0.5, 0.5)}, "some rows for train"),
        ({"shares": (1.2, -0.1, -0.1)}, "add up to 1"),
        ({"shares": (float("nan"), 0.5, 0.5)}, "add up to 1"),
        ({"by": "time"}, "A split by time needs a column"),
        ({"by": "group"}, "A split by group needs a column"),
        ({"column": "when"}, "A split by stratified uses no column"),
        ({"seed": -1}, "greater than or equal to 0"),
        ({"seed": 2**32}, "less than"),
    ],
)
def test_recipe_refuses_what_makes_no_split(settings, message):
    with pytest.raises(ValidationError, match=message):
        SplitRecipe(**settings)


@pytest.mark.parametrize(
    ("recipe", "reason"),
    [
        (SplitRecipe(seed=7), "split anew stratified by class: 70 % / 15 % / 15 %, seed 7"),
        (BY_TIME, 'split anew by time in "when", the newest rows for test: 60 % / 20 % / 20 %'),
    ],
    ids=["stratified", "time"],
)
def test_recipe_says_why_its_version_exists(recipe, reason):
    assert recipe.reason == reason
