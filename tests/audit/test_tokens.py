import numpy as np
import pytest

from tests.audit.cases import by_kind, make
from textcls_core.audit import tokens
from textcls_core.audit.rows import AuditedRows
from textcls_core.audit.tokens import check_tokens, lengths_up_to
from textcls_core.errors import ModelError
from textcls_core.models.token_lengths import load_tokenizer, token_lengths, unknown_token


def test_lengths_end_with_the_limit_of_the_model(tiny_model_dir):
    _, figures = check_tokens(AuditedRows(make(["a cat"])), "tiny", tiny_model_dir)

    assert [cost.max_length for cost in figures.costs] == [32, 64, 96, 128]


def test_lengths_up_to_include_an_odd_limit():
    assert lengths_up_to(100) == [32, 64, 96, 100]
    assert lengths_up_to(None)[-1] == 512


def test_costs_are_those_of_counting_by_hand(tiny_model_dir):
    texts = ["cat " * 10, "dog " * 50, "bird " * 200]
    dataset = make(texts, splits=["train", "train", "test"])
    lengths = token_lengths(texts, tiny_model_dir)

    _, figures = check_tokens(AuditedRows(dataset), "tiny", tiny_model_dir, 10.0)

    cost = figures.costs[0]
    assert cost.texts_cut_off == pytest.approx(2 / 3)
    assert cost.tokens_cut_off == pytest.approx(np.maximum(lengths - 32, 0).sum() / lengths.sum())
    assert cost.tokens_per_epoch == np.minimum(lengths[:2], 32).sum()
    assert cost.seconds_per_epoch == cost.tokens_per_epoch / 10


def test_cut_off_texts_are_found_at_the_usual_length(tiny_model_dir):
    dataset = make(["cat " * 600, "cat"])

    findings, _ = check_tokens(AuditedRows(dataset), "tiny", tiny_model_dir)

    finding = by_kind(findings)["cut_off_texts"]
    assert finding.row_ids == ("r0",)
    assert finding.gate == "fail"
    assert finding.message.startswith("At max_length 128, 50.0 % of the texts lose their end: ")


def test_unknown_tokens_are_counted_by_class(tiny_model_dir):
    texts = ["cat " * 300, "☃ cat " * 150]

    findings, figures = check_tokens(AuditedRows(make(texts, [0, 1])), "tiny", tiny_model_dir)

    first, second = figures.unknown_by_class
    assert (first.unknown, second.unknown) == (0.0, 0.5)
    assert figures.unknown == pytest.approx(150 / 600)
    found = by_kind(findings)
    assert found["unknown_tokens"].gate == "fail"
    assert found["unknown_tokens_of_class"].examples == ("b (50.0 %)",)


def test_texts_without_a_known_token_are_named(tiny_model_dir):
    findings, _ = check_tokens(AuditedRows(make(["☃ ☃", "a cat", "…"])), "tiny", tiny_model_dir)

    assert by_kind(findings)["empty_after_tokenisation"].row_ids == ("r0", "r2")


def test_several_labels_share_the_tokens_of_a_row(tiny_model_dir):
    dataset = make(["cat cat", "☃"], [[0, 1], []], task="multi_label")

    _, figures = check_tokens(AuditedRows(dataset), "tiny", tiny_model_dir)

    assert [item.num_tokens for item in figures.unknown_by_class] == [2, 2]


def test_a_sample_stands_for_many_texts_and_is_said(tiny_model_dir, monkeypatch):
    monkeypatch.setattr(tokens, "MAX_TOKENIZED", 10)
    dataset = make(["cat " * 200] * 40)

    findings, figures = check_tokens(AuditedRows(dataset), "tiny", tiny_model_dir)

    assert figures.num_measured == 10
    assert figures.costs[0].tokens_per_epoch == 40 * 32
    assert "measured on 10 of 40 texts" in by_kind(findings)["cut_off_texts"].message


@pytest.mark.parametrize(
    ("family", "is_known"), [("bert", True), ("roberta", None), ("gpt2", None)]
)
def test_unknown_token_of_each_kind_of_tokenizer(tiny_models, family, is_known):
    tokenizer = load_tokenizer(tiny_models[family])

    found = unknown_token(tokenizer)

    assert (found is not None) or not is_known
    assert found is None or "unk" in tokenizer.id_to_token(found).lower()


def test_check_tokens_explains_a_folder_without_a_tokenizer(tmp_path):
    with pytest.raises(ModelError, match=r"has no tokenizer\.json"):
        check_tokens(AuditedRows(make(["x"])), "empty", tmp_path)
