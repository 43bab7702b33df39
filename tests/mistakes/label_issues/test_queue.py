"""The ranked queue: planted wrong labels stand at its head, with suggestions and evidence."""

import json

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from tests.label_issues import facts_of, plant, topic_vectors
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.mistakes.label_issues.queue import LabelIssues, label_issue_rows, reasons
from textcls_core.mistakes.label_issues.ranking import rank_label_issues

PLANTED = 16


@pytest.fixture(scope="module")
def noisy(toy_dataset) -> tuple[TextDataset, dict[str, str]]:
    return plant(toy_dataset, PLANTED)


@pytest.fixture(scope="module")
def issues(toy_dataset, noisy) -> LabelIssues:
    return rank_label_issues(noisy[0], topic_vectors(toy_dataset), facts_of(noisy[0]))


def average_precision(issues: LabelIssues, planted) -> float:
    scores = issues.table["score"].to_numpy()
    return average_precision_score([row in planted for row in issues.row_ids], scores)


def test_planted_labels_stand_at_the_head(issues, noisy) -> None:
    assert average_precision(issues, noisy[1]) > 0.98
    assert abs(issues.facts.num_suspects - PLANTED) <= 3


def test_suggestion_is_the_true_label(issues, noisy) -> None:
    suggested = {row["row_id"]: row["suggested"] for row in label_issue_rows(issues)}

    right = [suggested[row_id] == label for row_id, label in noisy[1].items()]

    assert np.mean(right) > 0.9


def test_every_row_is_in_the_queue_once_and_scores_fall(issues, noisy) -> None:
    rows = label_issue_rows(issues)
    scores = [row["score"] for row in rows]

    assert sorted(row["row_id"] for row in rows) == sorted(noisy[0].row_ids())
    assert scores == sorted(scores, reverse=True)
    assert 0 <= scores[-1] <= scores[0] <= 1
    assert json.dumps(rows, allow_nan=False)


def test_label_of_a_row_is_the_given_one(issues, noisy) -> None:
    names, ids = noisy[0].label_names, noisy[0].label_ids

    given = {row["row_id"]: row["label"] for row in label_issue_rows(issues)}

    assert [given[row_id] for row_id in noisy[0].row_ids()] == [names[i] for i in ids]


def test_reasons_name_both_labels_and_the_neighbours(issues) -> None:
    record = issues.records(issues.row_ids[:1])[0]

    sure, near = reasons(record)

    assert all(f'"{name}"' in sure for name in record["labels"] + record["suggested_labels"])
    assert near == "10 of the 10 most similar texts have another label."
    assert len(record["neighbours"]) == 5
    assert record["row_id"] not in record["neighbours"]


def test_row_nobody_doubts_has_no_reason(issues) -> None:
    sure = [record for record in issues.records(issues.row_ids) if record["disagreeing"] == 0]

    assert any(reasons(record) == [] for record in sure)


def test_confused_classes_are_named(issues) -> None:
    pairs = issues.facts.pairs

    assert sum(pair.rows for pair in pairs) == pytest.approx(issues.facts.num_suspects, abs=1)
    assert all(pair.given != pair.likely and 0 < pair.share <= 1 for pair in pairs)


def test_words_alone_find_wrong_labels_too(noisy) -> None:
    issues = rank_label_issues(noisy[0], None, facts_of(noisy[0]))

    assert average_precision(issues, noisy[1]) > 0.9
    assert issues.records(issues.row_ids[:1])[0]["neighbours"] == []


def test_fusion_is_not_worse_than_its_parts(toy_dataset) -> None:
    """Vectors and words err on different rows; over several noise seeds both are beaten."""
    whole, parts = [], []
    for seed in range(3):
        dataset, planted = plant(toy_dataset, PLANTED, seed)
        vectors = topic_vectors(toy_dataset, seed)
        vectors += np.random.default_rng(seed).normal(0, 1.2, vectors.shape)
        for found, given in ((whole, vectors), (parts, None)):
            issues = rank_label_issues(dataset, given, facts_of(dataset))
            found.append(average_precision(issues, planted))

    assert np.mean(whole) >= np.mean(parts) - 0.005


def test_outside_opinions_take_the_place_of_heads(toy_dataset, noisy) -> None:
    scores = np.log(np.full((162, 3), 0.05) + 0.85 * np.eye(3)[toy_dataset.label_ids])

    issues = rank_label_issues(
        noisy[0], None, facts_of(noisy[0]), outside={"cross-validation": scores}
    )

    assert average_precision(issues, noisy[1]) == 1
    assert list(issues.facts.weights) == ["cross-validation"]


def test_class_with_a_single_text_is_not_called_wrong() -> None:
    texts = [f"the cat {n}" for n in range(12)] + [f"a storm {n}" for n in range(12)]
    texts += ["something else entirely", "something else entirely"]
    labels = ["animals"] * 12 + ["weather"] * 12 + ["other"] * 2
    dataset = build_dataset(Rows(texts, labels, ["train"] * 26, extra={}))

    issues = rank_label_issues(dataset, None, facts_of(dataset))

    scores = {row["label"]: row["score"] for row in label_issue_rows(issues)}
    assert scores["other"] == 0


def test_missing_and_wrong_label_of_a_set_are_found(topics_dataset) -> None:
    from textcls_core.dataset.fixes import relabel

    row_ids = topics_dataset.row_ids(np.array([3, 60]))
    noisy = relabel(topics_dataset, {row_ids[0]: ["weather"], row_ids[1]: ["animals"]})

    issues = rank_label_issues(noisy, topic_vectors(topics_dataset), facts_of(noisy))

    rows = label_issue_rows(issues)
    assert set(row_ids) <= {row["row_id"] for row in rows[:6]}
    assert isinstance(rows[0]["label"], list)
    assert isinstance(rows[0]["suggested"], list)


def test_queue_comes_back_from_disk(issues, tmp_path) -> None:
    issues.save(tmp_path / "queue")
    issues.save(tmp_path / "queue")

    found = LabelIssues.load(tmp_path / "queue")

    assert found is not None
    assert found.facts == issues.facts
    assert found.table.equals(issues.table)


@pytest.mark.parametrize("damage", ["facts.json", "rows.parquet"])
def test_damaged_queue_is_made_again(issues, tmp_path, damage: str) -> None:
    issues.save(tmp_path / "queue")
    (tmp_path / "queue" / damage).write_text("{")

    assert LabelIssues.load(tmp_path / "queue") is None


def test_facts_say_which_rows_were_not_judged(issues) -> None:
    sampled = issues.facts.model_copy(update={"num_examples": 200_000, "num_judged": 50_000})
    of_folds = sampled.model_copy(update={"source": "group:1"})

    assert issues.facts.left_out == ""
    assert sampled.left_out == (
        "150,000 rows of 200,000 not judged. The others are a random sample, spread over the "
        "classes."
    )
    assert of_folds.left_out == "150,000 rows of 200,000 not judged."
