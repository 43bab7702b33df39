from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tables import raw_table
from textcls_core.dataset.building import Rows
from textcls_core.dataset.draft import Draft
from textcls_core.dataset.import_fixes import (
    FIXES,
    FIXES_OF,
    TITLES,
    fix_leaks,
    fix_rows,
    parse_fixes,
)
from textcls_core.dataset.importing import ImportPlan, import_tables
from textcls_core.dataset.text_dataset import SPLITS
from textcls_core.errors import InvalidArgumentError

PAIRS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("xyz")), min_size=1, max_size=25
)


def draft_of(pairs, splits=None) -> Draft:
    texts, labels = zip(*pairs, strict=True)
    return Draft.of_rows(Rows(texts, labels, splits or ["train"] * len(texts), extra={}))


def pairs_of(draft: Draft) -> list[tuple[str, str]]:
    names = [draft.label_names[i] for i in draft.flat_ids]
    return list(zip(draft.texts.to_pylist(), names, strict=True))


def fixed(pairs, *fixes, **settings) -> list[tuple[str, str]]:
    draft, _ = fix_rows(draft_of(pairs), fixes, **settings)
    return pairs_of(draft)


def test_labels_get_their_most_frequent_spelling():
    pairs = [("a", "Yes"), ("b", "Yes"), ("c", "yes "), ("d", "1.0"), ("e", "1"), ("f", "no")]

    found = fixed(pairs, "merge_labels")

    assert [label for _, label in found] == ["Yes", "Yes", "Yes", "1", "1", "no"]


def test_rare_classes_are_dropped():
    pairs = [(f"t{n}", "many") for n in range(5)] + [("u", "rare"), ("v", "rare")]

    assert {label for _, label in fixed(pairs, "drop_rare")} == {"many"}
    assert len(fixed(pairs, "drop_rare", rare_below=2)) == 7


def test_rare_classes_become_other():
    pairs = [(f"t{n}", "many") for n in range(5)] + [("u", "rare"), ("v", "odd")]

    assert Counter(label for _, label in fixed(pairs, "merge_rare")) == {"many": 5, "other": 2}


def test_conflicting_texts_are_dropped():
    assert fixed([("a", "x"), (" a", "y"), ("b", "x")], "drop_conflicts") == [("b", "x")]


def test_the_majority_keeps_its_rows():
    pairs = [("a", "x"), ("a", "x"), ("a", "y"), ("b", "x"), ("b", "y"), ("c", "y")]

    assert fixed(pairs, "keep_majority") == [("a", "x"), ("a", "x"), ("c", "y")]


def test_the_first_of_equal_texts_is_kept():
    pairs = [("a", "x"), ("a ", "x"), ("b", "y"), ("cafe\u0301", "x"), ("caf\u00e9", "x")]

    assert fixed(pairs, "drop_duplicates") == [("a", "x"), ("b", "y"), ("cafe\u0301", "x")]


@pytest.mark.parametrize(
    ("fix", "kept"),
    [
        ("drop_leaks_from_train", ["validation", "test", "train"]),
        ("drop_leaks_from_test", ["train", "train", "train"]),
    ],
)
def test_leaks_are_dropped_on_one_side(fix, kept):
    pairs = [("a", "x"), ("a", "x"), ("b", "y"), ("b", "y"), ("c", "x")]
    splits = ["train", "validation", "train", "test", "train"]

    draft, done = fix_leaks(draft_of(pairs, splits), [fix])

    assert [SPLITS[code] for code in draft.splits] == kept
    assert done[0].count == 2


def test_a_dropped_label_is_not_missed():
    texts = [f"t{n}" for n in range(30)]
    labels = [["x", "rare"] if n < 2 else ["x", "y"] if n % 2 else ["y"] for n in range(30)]
    table = raw_table("f.json", {"text": texts, "labels": labels})

    imported = import_tables(table, plan=ImportPlan(fixes=("drop_rare",)))

    assert imported.dataset.label_names == ("x", "y")
    assert imported.blocking == ()


def test_what_was_done_is_said():
    _, done = fix_rows(draft_of([("a", "x"), ("a", "y"), ("b", "x")]), ["drop_conflicts"])

    assert done[0].kind == "fixed_drop_conflicts"
    assert done[0].message == (
        "Put right: Drop all rows of these texts (2 rows dropped, 1 class fewer)."
    )


def test_several_labels_lose_the_rare_one_only():
    rows = draft_of([("a", "x"), ("b", "x"), ("c", "y")])
    lists = [[0], [0, 1], [1]]
    draft = replace(rows, label_ids=rows.label_ids.__class__.from_pandas(lists), task="multi_label")

    kept, _ = fix_rows(draft, ["drop_rare"], rare_below=3)

    assert kept.num_rows == 0
    kept, _ = fix_rows(draft, ["drop_rare"], rare_below=2)
    assert kept.num_rows == 3


@given(PAIRS)
def test_after_dropping_conflicts_no_text_has_two_labels(pairs):
    for fix in ("drop_conflicts", "keep_majority"):
        labels_of = {}
        for text, label in fixed(pairs, fix):
            assert labels_of.setdefault(text, label) == label


@given(PAIRS)
def test_the_majority_is_what_counting_says(pairs):
    counts = Counter(pairs)
    expected = [
        (text, label)
        for text, label in pairs
        if all(counts[text, other] < counts[text, label] for other in "xyz" if other != label)
    ]

    assert fixed(pairs, "keep_majority") == expected


@given(PAIRS, st.randoms())
def test_after_dropping_leaks_every_text_is_in_one_split(pairs, random):
    splits = [random.choice(SPLITS) for _ in pairs]
    for fix in ("drop_leaks_from_train", "drop_leaks_from_test"):
        draft, _ = fix_leaks(draft_of(pairs, splits), [fix])

        texts = draft.texts.to_pylist()
        assert len(set(zip(texts, draft.splits.tolist(), strict=True))) == len(set(texts))
        assert set(texts) == {text for text, _ in pairs}


def test_fixes_are_known_by_name_in_their_order():
    assert parse_fixes(["drop-rare", "merge_labels"]) == ("merge_labels", "drop_rare")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["mend"], '"mend" is not a fix. Known: "merge_labels"'),
        (["drop_rare", "merge-rare"], "drop_rare and merge_rare exclude each other"),
    ],
)
def test_unknown_or_contradicting_fixes_are_refused(names, message):
    with pytest.raises(InvalidArgumentError, match=message):
        parse_fixes(names)


def test_every_fix_has_a_title_and_a_finding():
    offered = {fix for fixes in FIXES_OF.values() for fix in fixes}

    assert offered == set(TITLES) == set(FIXES)


def test_no_fix_changes_what_is_right():
    pairs = [(f"t{n}", "xy"[n % 2]) for n in range(10)]
    fixes = parse_fixes(["merge_labels", "keep_majority", "drop_duplicates", "drop_rare"])

    draft, _ = fix_rows(draft_of(pairs), fixes)

    assert pairs_of(draft) == pairs
    assert np.array_equal(draft.keys, draft_of(pairs).keys)
