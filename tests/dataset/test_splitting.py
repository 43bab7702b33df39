from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textcls_core.dataset.splitting import stratified_split

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
    with pytest.raises(ValueError, match="shorter"):
        stratified_split(["a", "b"], ["x"])
