"""Tests of the facts beside an ONNX graph, and of its README."""

import pytest

from textcls_core.evaluation.rule import DecisionRule
from textcls_core.prediction.onnx_facts import GRAPH_FILE, GraphCheck, OnnxExport, read_export

CHECK = GraphCheck(
    num_texts=8,
    num_own_texts=5,
    longest=64,
    largest_difference=2e-6,
    allowed_difference=1e-4,
)


def make_export(**facts):
    """Return the facts of an export, some of them changed."""
    plain = {
        "run_id": "some-run",
        "version": "1",
        "family": "bert",
        "label_names": ("ham", "spam"),
        "task": "single_label",
        "pooling": "head",
        "max_length": 64,
        "long_documents": "truncate",
        "max_windows": 8,
        "window_stride": 16,
        "temperature": 1.0,
        "decision_rule": DecisionRule(),
        "check": CHECK,
    }
    return OnnxExport(**{**plain, **facts})


def test_facts_of_a_plain_run_say_what_is_left_to_do():
    assert make_export().outside_the_graph == (
        "Texts are cut after 64 tokens, which the tokenizer does.",
        "Logits become probabilities by a softmax over the classes.",
        "The answer is the class with the largest probability.",
    )


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"task": "multi_label"}, "by a sigmoid for each label."),
        ({"temperature": 1.5}, "by division by the temperature 1.5, then a softmax"),
        ({"decision_rule": DecisionRule(abstain_below=0.9)}, "less than 90.0 % sure"),
        ({"long_documents": "head_tail"}, "the first 32 and the last 32 are read"),
        (
            {"long_documents": "windows"},
            "up to 8 windows of 64 tokens, of which neighbours share 16; the logits of the "
            "windows are averaged",
        ),
    ],
)
def test_facts_say_what_the_graph_does_not_do(facts, said):
    assert said in " ".join(make_export(**facts).outside_the_graph)


def test_facts_are_read_back(tmp_path):
    (tmp_path / GRAPH_FILE).touch()

    saved = make_export(decision_rule=DecisionRule(abstain_below=0.9)).save(tmp_path)

    assert saved.files == ("model.onnx", "textcls_onnx.json")
    assert read_export(tmp_path) == saved


@pytest.mark.parametrize("content", ["", "[]", '{"run_id": "x"}'])
def test_damaged_facts_are_no_export(tmp_path, content):
    (tmp_path / GRAPH_FILE).touch()
    (tmp_path / "textcls_onnx.json").write_text(content)

    assert read_export(tmp_path) is None


def test_facts_without_a_graph_are_no_export(tmp_path):
    make_export().save(tmp_path)

    assert read_export(tmp_path) is None
