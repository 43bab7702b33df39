"""The model card: metadata that the Hub reads, Markdown that shows texts as they are."""

import pytest
from huggingface_hub import ModelCard

from tests.pages.conftest import HOSTILE_CLASSES, MISTAKES, make_run
from tests.reporting.cases import facts_of
from textcls_core.evaluation.decision import Decision, write_decision
from textcls_core.evaluation.rule import DecisionRule
from textcls_core.reporting.model_card import markdown, model_card


@pytest.fixture
def run(workspace, toy_dataset):
    """A run on `toy` with three mistakes among 33 test rows."""
    return make_run(workspace, "toy", toy_dataset, MISTAKES, name="My run")


def card(run):
    """Return the card as the Hub reads it."""
    return ModelCard(model_card(facts_of(run)))


def test_model_card_has_metadata_that_the_hub_reads(run, toy_dataset):
    data = card(run).data

    assert data.license == "unknown"
    assert data.base_model == "sentence-transformers/all-MiniLM-L6-v2"
    assert data.datasets == ["toy"]
    assert data.metrics == ["accuracy", "f1", "matthews_correlation"]
    assert data.model_name == "My run"
    accuracy = data.eval_results[0]
    assert (accuracy.metric_type, accuracy.metric_value) == ("accuracy", 0.909091)
    assert accuracy.dataset_revision == toy_dataset.fingerprint
    assert accuracy.dataset_split == "test"


def test_model_card_of_a_local_model_names_no_base(workspace, toy_dataset):
    run = make_run(workspace, "toy", toy_dataset, {}, model="/home/me/secret/my-bert")

    text = model_card(facts_of(run))

    assert ModelCard(text).data.base_model is None
    assert "secret" not in text


def test_model_card_begins_with_the_answer(run):
    text = card(run).text

    assert "# My run" in text
    assert "90.9 % of 33 test rows are right" in text


@pytest.mark.parametrize(
    "section",
    ["How to use", "Results", "Classes", "Calibration", "Weak slices", "Worst mistakes", "Limits"],
)
def test_model_card_has_every_section(run, section):
    assert f"\n## {section}\n" in card(run).text


def test_model_card_of_a_tempered_model_says_that_pipelines_do_not_know(run):
    run.model_dir.mkdir()
    write_decision(run.model_dir, Decision(temperature=1.5))

    assert "those at temperature 1.500. A pipeline does not know it" in card(run).text


def test_model_card_with_a_rule_says_that_pipelines_do_not_know_it(run):
    run.model_dir.mkdir()
    write_decision(run.model_dir, Decision(rule=DecisionRule(abstain_below=0.95)))

    assert "A decision rule is kept with the model; a pipeline does not know it." in card(run).text


def test_model_card_of_mean_pooling_names_no_pipeline(workspace, toy_dataset):
    run = make_run(workspace, "toy", toy_dataset, {}, pooling="mean")

    assert "opens with TextCLS Studio only, and as an ONNX file" in card(run).text
    assert f"export {run.run_id} --format onnx" in card(run).text
    assert "pipeline(" not in card(run).text


def test_model_card_of_several_labels_asks_for_all(topics_run):
    text = card(topics_run).text

    assert "top_k=None" in text
    assert "Hamming loss" in text


def test_model_card_shows_hostile_text_as_text(hostile_run):
    first, second, *_ = HOSTILE_CLASSES
    content = model_card(facts_of(hostile_run))
    read = ModelCard(content)
    body = content.split("---", 2)[2]

    assert "<script" not in body.replace("\\<script", "")
    assert "![" not in body
    assert markdown(second) in body
    assert read.data.datasets is None
    assert read.data.model_name == read.data.eval_results[0].dataset_name == first


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a | b", "a \\| b"),
        ("![x](http://y)", "\\!\\[x\\](http\\://y)"),
        ("www.x.org", "www\\.x.org"),
        ("<b>&amp;", "\\<b\\>\\&amp;"),
        ("**f** _g_ `e`", "\\*\\*f\\*\\* \\_g\\_ \\`e\\`"),
        (":smile: at 10:30", "\\:smile: at 10\\:30"),
        ("two\nlines\x00", "two lines\ufffd"),
        ("97.8 % (96.9)", "97.8 % (96.9)"),
    ],
)
def test_markdown_takes_the_meaning_from_signs(text, shown):
    assert markdown(text) == shown
