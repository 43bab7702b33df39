"""Tests of the README beside an ONNX graph. That its code runs is tested with a real export."""

from tests.prediction.test_onnx_facts import CHECK, make_export
from textcls_core.evaluation.rule import DecisionRule
from textcls_core.prediction.onnx_readme import code, readme


def test_readme_holds_the_code_and_what_it_leaves_out():
    export = make_export(temperature=1.5)

    text = readme(export)

    assert code("single_label") in text
    assert all(f"- {sentence}" in text for sentence in export.outside_the_graph)
    assert "mean over all tokens" not in text
    assert "decision rule is kept" not in text


def test_readme_says_how_the_graph_was_checked():
    assert (
        "8 texts of up to 64 tokens (5 of the data set) went through ONNX Runtime in one padded "
        "batch, and one of them alone. The logits differ from those of the app by at most "
        "2.0e-06; 1.0e-04 was allowed."
    ) in readme(make_export())


def test_readme_says_when_the_data_set_was_gone():
    check = CHECK.model_copy(update={"num_own_texts": 0})

    assert "(none of the data set)" in readme(make_export(check=check))


def test_readme_says_that_the_mean_is_in_the_graph():
    assert "The head reads the mean over all tokens" in readme(make_export(pooling="mean"))


def test_readme_says_that_its_code_follows_no_kept_rule():
    rule = DecisionRule(abstain_below=0.9)

    assert "these lines do not follow it" in readme(make_export(decision_rule=rule))
