import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import chi2_contingency, ks_2samp

from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.shift import ShiftTest, shift_tests
from textcls_core.dataset.text_dataset import TextDataset

WORDS = np.array(["sun", "rain", "snow", "wind", "storm", "cloud", "hail", "fog"])
NUM_ROWS = {"train": 500, "validation": 150, "test": 200}


def make(generator, *, words=WORDS, num_words=6, shares=(0.5, 0.3, 0.2), shifted="test") -> tuple:
    """Return a data set whose split `shifted` differs in what is given."""
    texts, labels, splits = [], [], []
    for split, count in NUM_ROWS.items():
        is_shifted = split == shifted
        for _ in range(count):
            size = generator.integers(1, 2 * (num_words if is_shifted else 6))
            texts.append(" ".join(generator.choice(words if is_shifted else WORDS, size)))
            drawn = shares if is_shifted else (0.5, 0.3, 0.2)
            labels.append(str(generator.choice(["a", "b", "c"], p=drawn)))
        splits += [split] * count
    return build_dataset(Rows(texts, labels, splits, {}))


def found(dataset) -> dict[tuple[str, str], ShiftTest]:
    return {(test.kind, test.split): test for test in shift_tests(dataset)}


def verdicts(dataset) -> dict[tuple[str, str], str]:
    return {key: test.verdict for key, test in found(dataset).items()}


def test_shift_is_rarely_seen_where_there_is_none(generator):
    alarms = sum(
        verdict != "none" for _ in range(6) for verdict in verdicts(make(generator)).values()
    )

    assert alarms <= 2  # of 36 tests


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"shares": (0.2, 0.3, 0.5)}, "classes"),
        ({"num_words": 10}, "lengths"),
        ({"words": np.array([*WORDS[:6], "frost", "thaw"])}, "words"),
    ],
)
def test_shift_that_was_planted_is_found_in_its_split_only(generator, change, expected):
    seen = verdicts(make(generator, **change))

    assert seen[expected, "test"] == "clear"
    assert {verdict for (_, split), verdict in seen.items() if split == "validation"} == {"none"}


def test_shift_of_classes_is_that_of_scipy(generator):
    dataset = make(generator, shares=(0.4, 0.35, 0.25))
    splits, labels = np.array(dataset.table["split"]), dataset.label_ids
    table = [np.bincount(labels[splits == split], minlength=3) for split in ("train", "test")]

    test = found(dataset)["classes", "test"]

    expected = chi2_contingency(table)
    assert test.p_value == pytest.approx(expected.pvalue)
    assert test.effect == pytest.approx(np.sqrt(expected.statistic / np.sum(table)))


def test_shift_of_lengths_is_that_of_scipy(generator):
    dataset = make(generator, num_words=8)
    lengths = np.array([len(text.split()) for text in dataset.texts()])
    splits = np.array(dataset.table["split"])

    test = found(dataset)["lengths", "test"]

    expected = ks_2samp(lengths[splits == "train"], lengths[splits == "test"], method="asymp")
    assert (test.effect, test.p_value) == pytest.approx((expected.statistic, expected.pvalue))


def test_shift_p_values_are_corrected_for_their_number(generator):
    tests = shift_tests(make(generator, num_words=8))

    ordered = sorted(tests, key=lambda test: test.p_value)
    ranks = [test.p_value * len(tests) / (place + 1) for place, test in enumerate(ordered)]
    expected = [min(ranks[place:]) for place in range(len(ranks))]
    assert [test.adjusted_p for test in ordered] == pytest.approx(np.minimum(expected, 1))


def test_shift_is_told_in_sentences(generator):
    dataset = make(generator, words=np.array(["frost", "thaw"]), shares=(0.1, 0.1, 0.8))

    tests = found(dataset)

    assert tests["words", "test"].sentence.startswith(
        'A model can tell test from train by the words. Words that tell test: "'
    )
    assert '"frost"' in tests["words", "test"].sentence
    assert tests["classes", "test"].sentence.startswith(
        'The classes are not as frequent in test as in train: "c" has '
    )
    assert tests["lengths", "validation"].sentence.startswith(
        "No sign that the texts are longer or shorter in validation than in train. (Kolmogorov-"
    )


def test_shift_in_a_script_without_spaces_is_seen(generator):
    texts = ["".join(generator.choice(list("公交车晚点了今天"), 8)) for _ in range(200)]
    texts += ["".join(generator.choice(list("公交车晚点了明年"), 8)) for _ in range(100)]
    rows = Rows(texts, ["a", "b"] * 150, ["train"] * 200 + ["test"] * 100, {})

    assert found(build_dataset(rows))["words", "test"].verdict == "clear"


def test_shift_of_rare_classes_counts_them_together():
    labels = (
        ["a"] * 70
        + [f"rare {n}" for n in range(30)]
        + ["a"] * 22
        + [f"other {n}" for n in range(8)]
    )
    texts = [f"text {n}" for n in range(130)]
    rows = Rows(texts, labels, ["train"] * 100 + ["test"] * 30, {})

    test = found(build_dataset(rows))["classes", "test"]

    table = [[70, 30], [22, 8]]
    assert test.p_value == pytest.approx(chi2_contingency(table, correction=False).pvalue)


def test_shift_with_several_labels_is_tested(generator):
    single = make(generator, shares=(0.2, 0.3, 0.5))
    field = single.table.schema.field("label_ids")
    sets = [[0, label] if label else [] for label in single.label_ids]
    table = single.table.set_column(2, field, pa.array(sets, field.type))

    seen = verdicts(TextDataset(table, single.label_names, "multi_label"))

    assert seen["classes", "test"] == "clear"


@pytest.mark.parametrize(
    ("texts", "labels", "splits", "expected"),
    [
        (["a"] * 60, ["x"] * 60, ["train"] * 60, set()),
        (["a"] * 60, ["x"] * 60, ["train"] * 41 + ["test"] * 19, set()),
        (["a"] * 60, ["x"] * 60, ["test"] * 60, set()),
        (["!?"] * 60, ["x"] * 60, ["train"] * 30 + ["test"] * 30, {"lengths", "words"}),
    ],
    ids=["one split", "few rows", "no train", "one class, no words"],
)
def test_shift_tests_only_what_can_be_tested(texts, labels, splits, expected):
    tests = shift_tests(build_dataset(Rows(texts, labels, splits, {})))

    assert {test.kind for test in tests} == expected
    assert {test.verdict for test in tests} <= {"none"}


def test_shift_tests_are_the_same_every_time(generator):
    dataset = make(generator)

    assert shift_tests(dataset) == shift_tests(dataset)
