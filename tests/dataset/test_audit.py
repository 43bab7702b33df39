import pyarrow as pa
import pytest

from textcls_core.dataset.audit import audit, audit_rows, require_trainable
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.findings import Finding
from textcls_core.dataset.text_dataset import SCHEMA, TextDataset
from textcls_core.errors import DatasetFormatError


def make_rows(labels, texts=None, splits=None) -> Rows:
    return Rows(
        texts=texts or [f"text {n}" for n in range(len(labels))],
        labels=labels,
        splits=splits or ["train"] * len(labels),
        extra={},
    )


def make_label_sets(label_sets, splits, texts=None, names=("x", "y")) -> TextDataset:
    columns = {
        "row_id": [str(n) for n in range(len(splits))],
        "text": texts or [f"text {n}" for n in range(len(splits))],
        "label_ids": pa.array(label_sets, SCHEMA.field("label_ids").type),
        "split": splits,
    }
    return TextDataset(pa.table(columns), names, "multi_label")


def find(rows: Rows, kind: str) -> Finding | None:
    return next((finding for finding in audit_rows(rows) if finding.kind == kind), None)


def make_good_rows() -> Rows:
    splits = ["train", "train", "validation", "validation", "test", "test"]
    return make_rows(["x", "y"] * 3, splits=splits)


def test_audit_of_good_rows_finds_nothing():
    assert audit_rows(make_good_rows()) == ()


def test_audit_blocks_a_single_class():
    finding = find(make_rows(["x"] * 4), "one_class")

    assert finding.gate == "fail"
    assert finding.message == 'All 4 rows have the label "x". Add rows of another class.'


@pytest.mark.parametrize("num_rows", [1, 2])
def test_audit_blocks_a_class_with_too_few_rows(num_rows):
    finding = find(make_rows(["x"] * 5 + ["y"] * num_rows), "class_too_small")

    assert finding.gate == "fail"
    assert finding.message == (
        "1 class has fewer than 3 rows, too few for train, validation and test: "
        f'"y" ({num_rows}). Add rows, merge the class or leave it out.'
    )


def test_audit_allows_a_class_with_three_rows():
    assert find(make_rows(["x"] * 5 + ["y"] * 3), "class_too_small") is None


def test_audit_names_five_small_classes_at_most():
    finding = find(make_rows(["x"] * 5 + list("abcdefg")), "class_too_small")

    assert (finding.count, finding.examples) == (7, ("a", "b", "c", "d", "e"))


@pytest.mark.parametrize(("num_classes", "is_blocked"), [(500, False), (501, True)])
def test_audit_blocks_more_than_500_classes(num_classes, is_blocked):
    labels = [f"label {n % num_classes}" for n in range(3 * num_classes)]

    kinds = {finding.kind for finding in audit_rows(make_rows(labels))}

    assert ("too_many_classes" in kinds) == is_blocked


def test_audit_explains_too_many_classes():
    finding = find(make_rows([f"label {n}" for n in range(10_000)]), "too_many_classes")

    assert finding.message == (
        "10,000 classes; at most 500 can be trained. Check that the label column is the right one."
    )


def test_audit_blocks_a_class_without_training_rows():
    labels = ["x"] * 3 + ["y"] * 3

    finding = find(
        make_rows(labels, splits=["train"] * 3 + ["test"] * 3), "class_without_training_rows"
    )

    assert (finding.gate, finding.count) == ("fail", 1)
    assert finding.message == '1 class has no training row: "y". Add some or drop the class.'


@pytest.mark.parametrize(
    ("splits", "missing"),
    [
        (["train", "validation", "train"], "test"),
        (["train", "test", "train"], "validation"),
        (["train", "train", "train"], "validation and test"),
        (["validation", "test", "test"], "train"),
    ],
)
def test_audit_blocks_a_split_without_rows(splits, missing):
    finding = find(make_rows(["x", "y", "x"], splits=splits), "missing_split")

    assert finding.gate == "fail"
    assert finding.message == (f"No row is left for {missing}. Add rows, or choose another split.")


def test_audit_cuts_long_labels_in_messages():
    finding = find(make_rows(["x" * 5_000] * 4), "one_class")

    assert len(finding.message) < 200


@pytest.mark.parametrize(
    ("labels", "shown"),
    [
        (["spam", "Spam"], '"Spam" / "spam"'),
        (["spam", " spam"], '" spam" / "spam"'),
        (["1", "1.0"], '"1" / "1.0"'),
        (["01", "1"], '"01" / "1"'),
        (["a b", "a  b"], '"a  b" / "a b"'),
        (["cafe\u0301", "caf\u00e9"], '"cafe\u0301" / "caf\u00e9"'),
        (["\uff21", "A"], '"A" / "\uff21"'),
        (["True", "true", "TRUE"], '"TRUE" / "True" / "true"'),
    ],
    ids=["case", "space", "fraction", "zero", "two spaces", "Unicode form", "width", "three"],
)
def test_audit_warns_of_labels_that_look_equal(labels, shown):
    finding = find(make_rows(labels * 3), "near_equal_labels")

    assert (finding.gate, finding.examples) == ("warn", (shown,))
    assert finding.message == ("1 group of labels differ only in case, spaces or number format.")


@pytest.mark.parametrize("labels", [["1", "2"], ["spam", "spams"], ["01", "10"], ["-1", "1"]])
def test_audit_does_not_warn_of_labels_that_differ(labels):
    assert find(make_rows(labels * 3), "near_equal_labels") is None


@pytest.mark.parametrize("copy", ["same", "same ", "same\n"])
def test_audit_counts_repeated_texts(copy):
    finding = find(make_rows(["x", "y", "x"], ["same", "other", copy]), "exact_duplicates")

    assert (finding.gate, finding.count, finding.examples) == ("pass", 1, ("same",))
    assert finding.message == "Repeated texts: 1 row with the text of another row."


def test_audit_counts_repeats_in_another_unicode_form():
    finding = find(make_rows(["x", "x"], ["cafe\u0301", "caf\u00e9"]), "exact_duplicates")

    assert finding.count == 1


def test_audit_warns_of_a_text_with_two_labels():
    finding = find(make_rows(["x", "y", "x"], ["same", "same", "other"]), "conflicting_labels")

    assert (finding.gate, finding.count, finding.examples) == ("warn", 1, ("same",))
    assert finding.message == "Conflicting labels: 1 text labelled in several ways."


def test_audit_sees_no_conflict_in_repeats_of_one_label():
    assert find(make_rows(["x", "x"], ["same", "same"]), "conflicting_labels") is None


@pytest.mark.parametrize("copy", ["same", " same"])
def test_audit_warns_of_a_text_in_two_splits(copy):
    rows = make_rows(["x", "x", "y"], ["same", copy, "other"], ["train", "test", "train"])

    finding = find(rows, "leaked_texts")

    assert (finding.gate, finding.count) == ("warn", 1)
    assert finding.message == (
        "Leaked texts: 1 text in more than one split; test figures will look too good."
    )


def test_audit_sees_no_leak_in_repeats_of_one_split():
    assert find(make_rows(["x", "x"], ["same", "same"]), "leaked_texts") is None


def test_audit_shows_long_texts_cut():
    finding = find(make_rows(["x", "x"], ["a b " * 100] * 2), "exact_duplicates")

    assert len(finding.examples[0]) == 80


def test_audit_puts_blocking_findings_first():
    rows = make_rows(["x", "X", "x"], ["same", "same", "other"])

    gates = [finding.gate for finding in audit_rows(rows)]

    assert gates == ["fail", "fail", "warn", "pass", "warn"]


def test_audit_of_a_data_set_finds_what_audit_of_its_rows_finds():
    rows = make_rows(["x", "x", "y"], ["same", "same", "other"], ["train", "test", "train"])

    assert audit(build_dataset(rows)) == audit_rows(rows)


def test_require_trainable_accepts_good_rows():
    dataset = build_dataset(make_good_rows())

    assert require_trainable(dataset) is None


def test_require_trainable_names_every_reason():
    rows = make_rows(["x", "x", "x", "y"], splits=["train"] * 3 + ["test"])

    with pytest.raises(
        DatasetFormatError,
        match=r"This data set cannot be trained on\. 1 class has fewer than 3 rows, .* "
        "1 class has no training row",
    ):
        require_trainable(build_dataset(rows))


def test_require_trainable_accepts_rows_with_several_labels_and_with_none():
    dataset = make_label_sets([[0, 1], [], [1], [0]], ["train", "train", "validation", "test"])

    assert require_trainable(dataset) is None
    assert audit(dataset) == ()


@pytest.mark.parametrize(
    ("label_sets", "splits", "message"),
    [
        ([[0, 1], []], ["train", "train"], "No row is left for validation and test"),
        (
            [[0], [0, 1], [1]],
            ["train", "validation", "test"],
            r'1 class has no training row: "y"\. Add some or drop the class',
        ),
        (
            [[], [], []],
            ["train", "validation", "test"],
            r'2 classes have no training row: "x", "y"',
        ),
    ],
)
def test_require_trainable_names_what_is_missing_in_a_multi_label_set(label_sets, splits, message):
    with pytest.raises(DatasetFormatError, match=message):
        require_trainable(make_label_sets(label_sets, splits))


def test_require_trainable_refuses_a_multi_label_set_without_labels():
    dataset = make_label_sets([[], [], []], ["train", "validation", "test"], names=())

    with pytest.raises(
        DatasetFormatError,
        match=r"No row has a label\. Add labels to some rows: on the Mistakes page under Label",
    ):
        require_trainable(dataset)


def test_require_trainable_refuses_a_multi_label_set_with_too_many_classes():
    names = tuple(f"c{n}" for n in range(501))
    dataset = make_label_sets(
        [list(range(501)), [0], [0]], ["train", "validation", "test"], names=names
    )

    with pytest.raises(DatasetFormatError, match="501 classes; at most 500 can be trained"):
        require_trainable(dataset)


def test_audit_finds_equal_texts_with_other_label_sets():
    splits = ["train", "train", "validation", "test"]
    dataset = make_label_sets([[0, 1], [1], [1, 0], [0]], splits, texts=["a", "a", "b", "b"])

    kinds = [finding.kind for finding in audit(dataset)]

    assert kinds == ["exact_duplicates", "conflicting_labels", "leaked_texts"]
