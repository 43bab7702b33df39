import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tests.data_bad import HOSTILE_TEXTS
from textcls_core.dataset.building import (
    Rows,
    build_dataset,
    copy_ranks,
    duplicate_digests,
    duplicate_key,
    text_digests,
)
from textcls_core.dataset.draft import Draft, group_labels, split_codes
from textcls_core.dataset.text_dataset import SPLITS

TEXTS = st.lists(
    st.one_of(
        st.text(st.characters(codec="utf-8"), max_size=6),
        st.sampled_from(
            ["a", " a", "a\u3000", "\x1ca\x85", "cafe\u0301", "caf\u00e9", *HOSTILE_TEXTS]
        ),
    ),
    min_size=1,
    max_size=20,
)


def chunked(texts: list[str]) -> pa.ChunkedArray:
    half = len(texts) // 2
    parts = [pa.array(part, pa.string()) for part in (texts[:half], texts[half:])]
    return pa.chunked_array(parts)


@given(TEXTS)
def test_digests_are_equal_where_texts_are(texts):
    digests = text_digests(chunked(texts))

    for one, digest in zip(texts, digests, strict=True):
        assert [other == one for other in texts] == (digests == digest).tolist()


@given(TEXTS)
def test_duplicate_digests_are_equal_where_keys_are(texts):
    column = chunked(texts)
    digests = duplicate_digests(column, text_digests(column))

    keys = [duplicate_key(text) for text in texts]
    for key, digest in zip(keys, digests, strict=True):
        assert [other == key for other in keys] == (digests == digest).tolist()


@given(st.lists(st.integers(0, 5), max_size=20))
def test_copy_ranks_count_equal_values_before(values):
    ranks = copy_ranks(np.array(values, np.uint64))

    assert ranks.tolist() == [values[:i].count(value) for i, value in enumerate(values)]


@given(TEXTS, st.randoms())
def test_a_draft_builds_what_rows_build(texts, random):
    labels = [random.choice("yxz") for _ in texts]
    splits = [random.choice(SPLITS) for _ in texts]
    rows = Rows(texts, labels, splits, extra={})

    assert Draft.of_rows(rows).build().fingerprint == build_dataset(rows).fingerprint


@given(TEXTS, st.randoms())
def test_kept_rows_are_those_of_the_mask(texts, random):
    rows = Rows(texts, [random.choice("xy") for _ in texts], ["train"] * len(texts), extra={})
    mask = np.array([random.random() < 0.5 for _ in texts])

    kept = Draft.of_rows(rows).keep(mask)

    assert kept.texts.to_pylist() == [
        text for text, is_kept in zip(texts, mask, strict=True) if is_kept
    ]
    assert len(kept.keys) == len(kept.splits) == kept.num_rows == int(mask.sum())


def test_names_without_a_row_are_left_out():
    draft = Draft.of_rows(Rows(["a", "b"], ["y", "x"], ["train", "test"], extra={}))

    dataset = draft.keep(np.array([True, False])).build()

    assert dataset.label_names == ("y",)
    assert dataset.label_ids.tolist() == [0]


def test_rows_with_the_same_labels_have_the_same_code():
    ids = pa.array([[0, 1], [1], [0, 1], [], []], pa.list_(pa.int32()))
    rows = Draft.of_rows(Rows(list("abcde"), list("xyxyx"), ["train"] * 5, extra={}))
    draft = Draft(**{**rows.__dict__, "label_ids": ids, "task": "multi_label"})

    codes = draft.set_codes

    assert (codes[0] == codes[2], codes[3] == codes[4]) == (True, True)
    assert len(set(codes.tolist())) == 3


def test_labels_are_grouped_by_row_without_repeats():
    lists = group_labels(np.array([2, 0, 2, 1]), np.array([0, 0, 0, 2]), 4, 3)

    assert lists.to_pylist() == [[0, 2], [], [1], []]


def test_split_codes_know_what_is_missing():
    column = pa.chunked_array([pa.array(["test", None]), pa.array(["train"])])

    assert split_codes(column).tolist() == [2, -1, 0]
