import pytest

from tests.audit.cases import make
from textcls_core.audit.auditing import audit
from textcls_core.audit.fixing import FIXES, apply_fix, plan_fix
from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import InvalidArgumentError

LONG = "the quick brown fox jumps over the lazy dog near the river bank today"


def kept(dataset, name) -> list[str]:
    return plan_fix(dataset, name).dataset.row_ids()


def test_drop_duplicates_leaves_copies_with_other_labels_and_in_other_splits():
    texts = ["same"] * 4
    dataset = make(texts, [0, 0, 1, 0], ["train", "train", "train", "test"])

    assert kept(dataset, "drop_duplicates") == ["r0", "r2", "r3"]


def test_drop_normalised_duplicates_ignores_case_and_punctuation():
    assert kept(make(["One two", "one, TWO", "three"]), "drop_normalised_duplicates") == [
        "r0",
        "r2",
    ]


def test_drop_near_duplicates_keeps_the_first():
    dataset = make([LONG, LONG.replace("today", "tonight"), "other words"])

    assert kept(dataset, "drop_near_duplicates") == ["r0", "r2"]


def test_drop_leaked_keeps_the_held_out_rows():
    dataset = make(["a b", "A b.", "c d"], splits=["train", "test", "train"])

    assert kept(dataset, "drop_leaked") == ["r1", "r2"]


def test_drop_near_leaked_keeps_the_held_out_rows():
    dataset = make([LONG, LONG.replace("today", "tonight")], splits=["train", "validation"])

    assert kept(dataset, "drop_near_leaked") == ["r1"]


def test_drop_conflicting_drops_every_row_of_such_a_text():
    dataset = make(["same", "same", "other"], [0, 1, 1])

    change = plan_fix(dataset, "drop_conflicting")

    assert change.dataset.row_ids() == ["r2"]
    assert change.summary == "2 rows dropped, 1 left; 1 class lost all rows"


def test_merge_labels_takes_the_most_frequent_spelling():
    dataset = make(["x", "y", "z", "w"], [0, 1, 1, 2], names=("Spam", "spam", "ham"))

    change = plan_fix(dataset, "merge_labels")

    assert change.dataset.label_names == ("spam", "ham")
    assert change.summary == "1 class merged into others, 1 row relabelled"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("repair_encoding", "cafÃ©", "café"),
        ("remove_control_characters", "a\x07b", "ab"),
        ("remove_html", "<b>a</b> &amp; b", "a & b"),
        ("mask_personal_data", "to ann@example.org", "to [EMAIL]"),
    ],
)
def test_texts_are_rewritten_where_it_is_needed(name, text, expected):
    change = plan_fix(make(["fine", text, "<hr>"]), name)

    assert change.dataset.texts() == ["fine", expected, "<hr>"]
    assert change.dataset.row_ids() == ["r0", "r1", "r2"]
    assert change.summary == "1 text changed"


@pytest.mark.parametrize("name", FIXES)
def test_a_fix_that_finds_nothing_says_so(name):
    dataset = make(["one thing", "another matter"], [0, 1], ["train", "test"])

    change = plan_fix(dataset, name)

    assert change.is_empty
    assert change.dataset.fingerprint == dataset.fingerprint


def test_plan_fix_explains_an_unknown_name():
    with pytest.raises(InvalidArgumentError, match=r'"nope" is not a fix\. Known: "drop_conflict'):
        plan_fix(make(["x"]), "nope")


def test_apply_fix_makes_a_version_with_its_reason_and_leaves_the_parent(workspace):
    store = DatasetStore.open(workspace)
    dataset = make(["same"] * 2 + [f"text {n}" for n in range(8)], [0, 0, *[0, 1] * 4])
    parent = store.save(dataset, "copies", "made for this test")

    made = apply_fix(store, parent, "drop_duplicates")

    assert (made.name, made.version, made.parent) == ("copies", 2, parent.fingerprint)
    assert made.reason == "Drop repeated texts: 1 row dropped, 9 left"
    assert store.load(parent.fingerprint).num_examples == 10
    assert apply_fix(store, parent, "drop_duplicates") == made


def test_apply_fix_refuses_to_make_the_same_again(workspace):
    store = DatasetStore.open(workspace)
    parent = store.find("toy")

    with pytest.raises(InvalidArgumentError, match=r'"Repair the encoding" changes nothing'):
        apply_fix(store, parent, "repair_encoding")


def test_every_fix_of_a_finding_exists_and_removes_it(workspace):
    texts = ["same text", "same text", "SAME text!", "x@y.org wrote", "cafÃ© au lait", "a<br>b"]
    texts += [f"words of row {n} here" for n in range(6)]
    splits = ["train", "train", "test", *["train", "validation", "test"] * 3]
    store = DatasetStore.open(workspace)
    info = store.save(make(texts, [0, 0, 1] * 4, splits), "broken", "made for this test")

    report = audit(workspace, info.fingerprint)
    fixable = [finding for finding in report.findings if finding.fix]

    assert len(fixable) >= 5
    for finding in fixable:
        change = plan_fix(store.load(info.fingerprint), finding.fix)
        fixed = store.save(change.dataset, "fixed", "made for this test")
        after = audit(workspace, fixed.fingerprint, kinds=[finding.kind])
        assert sum(left.count for left in after.findings) < finding.count
