"""Tests of the verb `explain` on many texts and on what it trusts, with several labels per text."""

import json

import pytest

from textcls_core.cli.explain_benchmark import report_lines
from textcls_core.cli.main import main
from textcls_core.explanation import attributions
from textcls_core.explanation.methods import JUDGED
from textcls_core.explanation.trust_report import Judgement, TrustReport
from textcls_core.files import read_json, write_json
from textcls_core.models.classifier import Classifier, Design


@pytest.fixture
def run(topics_run, topics_dataset, tiny_model_dir, monkeypatch):
    """`topics_run` in the default workspace, with a model that was never trained."""
    monkeypatch.setenv("TEXTCLS_HOME", str(topics_run.folder.parent.parent))
    names, design = topics_dataset.label_names, Design(task="multi_label")
    classifier = Classifier.from_pretrained(tiny_model_dir, names, max_length=64, design=design)
    classifier.save(topics_run.model_dir)
    return topics_run


@pytest.fixture
def explain(run, capsys):
    """Return exit code, lines and errors of `explain latest`."""

    def explain_(*arguments):
        code = main(["explain", "latest", *map(str, arguments)])
        captured = capsys.readouterr()
        return code, captured.out.splitlines(), captured.err

    return explain_


def change(file, **settings):
    write_json(file, read_json(file) | settings)


def test_every_text_of_a_file_is_one_line(explain, tmp_path):
    file = tmp_path / "texts.csv"
    file.write_text("text,price\nthe old cat,1\nsome snow and wind,2\n")

    code, lines, errors = explain("--file", file, "--method", "occlusion", "--label", "food")

    found = [json.loads(line) for line in lines]
    assert code == 0
    assert [one["row"] for one in found] == [1, 2]
    assert found[0]["words"] == ["[CLS]", "the", "old", "cat", "[SEP]"]
    assert {one["label"] for one in found} == {"food"}
    assert all(len(one["scores"]) == len(one["tokens"]) for one in found)
    assert "Explaining texts" in errors


@pytest.fixture
def windowed(run, explain):
    """The same with a model that reads up to four windows of 64 tokens."""
    change(run.model_dir / "textcls.json", long_documents="windows", max_windows=4)
    return explain


def test_attributions_are_of_all_windows(windowed):
    _, lines, _ = windowed("--text", "cat " * 100, "--method", "gradient_x_input", "--json")

    found = json.loads("".join(lines))
    assert found["num_windows"] == 2
    assert found["words"] == ["[CLS]", *["cat"] * 100, "[SEP]"]
    assert len(found["word_scores"]) == 102
    assert found["num_tokens_not_looked_at"] == 0


def test_attention_is_that_of_the_window_asked_for(windowed):
    _, first, _ = windowed("--text", "cat " * 70 + "dog", "--json")
    _, last, _ = windowed("--text", "cat " * 70 + "dog", "--window", 1, "--json")
    _, lines, _ = windowed("--text", "cat " * 70 + "dog", "--window", 1)

    first, last = json.loads("".join(first)), json.loads("".join(last))
    assert (first["window"], last["window"], last["num_windows"]) == (0, 1, 2)
    assert len(first["tokens"]) == 64
    assert (last["words"][1], last["words"][-2]) == ("cat", "dog")
    assert lines[0].startswith("Window 2 of 2, words 47 to 71 (--window 1); by itself predicted:")


@pytest.mark.parametrize(
    ("text", "window", "message"),
    [
        ("cat " * 70, 2, "Expected a window from 0 to 1, because the text is read in 2, got 2."),
        ("cat " * 70, -1, "Expected a window from 0 to 1, because the text is read in 2, got -1."),
        ("cat", 1, "Expected no window but 0, because the text is read in 1, got 1."),
    ],
)
def test_a_window_that_is_not_there_is_refused(windowed, text, window, message):
    code, lines, errors = windowed("--text", text, "--window", window)

    assert (code, lines) == (2, [])
    assert message in errors


@pytest.mark.parametrize("method", ["attention", "gradient_x_input"])
def test_json_says_how_much_was_not_looked_at(explain, method):
    _, long, _ = explain("--text", "cat " * 100, "--method", method, "--json")
    _, short, _ = explain("--text", "cat", "--method", method, "--json")

    assert json.loads("".join(long))["num_tokens_not_looked_at"] == 100 + 2 - 64
    assert json.loads("".join(short))["num_tokens_not_looked_at"] == 0


def test_json_lines_are_read_too_by_the_column_that_is_named(explain, tmp_path):
    file = tmp_path / "texts.jsonl"
    file.write_text('{"a": "the old cat", "b": "rain"}\n{"a": "soup", "b": "snow"}\n')

    _, lines, _ = explain("--file", file, "--column", "b", "--method", "gradient_x_input")

    assert [json.loads(line)["words"][1] for line in lines] == ["rain", "snow"]


def test_a_sample_names_its_rows(explain, run):
    _, lines, _ = explain("--sample", 3, "--split", "test", "--method", "lime", "--steps", 20)

    found = [json.loads(line) for line in lines]
    row_ids = run.predictions("test").row_ids
    assert len(found) == 3
    assert all(one["row_id"] in row_ids for one in found)
    assert all(one["num_samples"] == 20 for one in found)


def test_what_was_explained_before_needs_no_model(explain, monkeypatch):
    first = explain("--text", "the old cat", "--method", "shap_partition", "--json")
    monkeypatch.delattr(attributions, "load_attributable")

    assert explain("--text", "the old cat", "--method", "shap_partition", "--json") == first


def test_readable_lines_end_with_how_exact_they_are(explain):
    _, lines, _ = explain("--text", "the old cat", "--method", "shap_partition")

    assert lines[0].startswith("predicted: ")
    assert lines[-1].startswith("The words add up to ")


def test_readable_lines_say_what_is_explained_and_how(explain):
    _, lines, _ = explain("--text", "the cat", "--method", "occlusion", "--label", "food",
                          "--against", "animals")  # fmt: skip

    assert lines[0].endswith("explained: food rather than animals")
    assert lines[1] == "Leave out words: what speaks for it (+) or against it (-), and word"


def test_readable_attention_says_what_it_is_and_numbers_as_the_page_does(explain):
    _, lines, _ = explain("--text", "the cat", "--layer", 1)

    assert lines[1] == (
        "share of the attention from [CLS], and token; layer 2 (--layer 1), mean of all heads"
    )
    assert [line.split()[1] for line in lines[2:]] == ["[CLS]", "the", "cat", "[SEP]"]


def test_a_row_without_text_is_named(explain, tmp_path):
    file = tmp_path / "texts.csv"
    file.write_text("text,price\nthe old cat,1\n,2\n")

    code, lines, errors = explain("--file", file, "--column", "text", "--method", "occlusion")

    assert (code, lines) == (2, [])
    assert 'got none in column "text", line 3. Fill it in, or remove the row.' in errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--sample", 2], "Expected no --sample with --method attention"),
        (["--sample", 2, "--text", "a", "--method", "lime"], "got none or several"),
        (["--sample", 2, "--method", "lime", "--against", "food"], "Expected --label beside"),
        (["--benchmark", "--file", "a.csv"], "Expected no --file with --benchmark"),
        (["--text", "a", "--method", "occlusion", "--steps", 3], "Expected no --steps with"),
        (["--text", "a", "--method", "lime", "--layer", 0], "Expected no --layer with"),
        (["--text", "a", "--method", "lime", "--window", 0], "Expected no --window with"),
        (["--file", "none.csv", "--method", "lime"], "none.csv"),
    ],
)
def test_what_does_not_go_together_is_refused(explain, arguments, message):
    code, lines, errors = explain(*arguments)

    assert (code, lines) == (2, [])
    assert message in errors


def test_benchmark_of_one_text_judges_every_method_on_it(explain):
    _, lines, _ = explain("--benchmark", "--text", "the old cat was here", "--json")

    found = json.loads(lines[0])
    assert (found["num_texts"], found["split"]) == (1, None)
    assert {one["method"] for one in found["judgements"]} == set(JUDGED)
    assert found["verdict"].startswith("On this text ")
    assert all(len(one["taken_out"]) == len(found["shares"]) for one in found["judgements"])


def test_benchmark_says_how_it_judges_windows(windowed, run):
    change(run.folder / "config.json", max_length=64, long_documents="windows")

    _, lines, _ = windowed("--benchmark", "--text", "the old cat was here")

    assert lines[-1] == "A text in several windows is judged as a whole."


def test_benchmark_prints_every_figure_of_every_method():
    judged = {"comprehensiveness": 0.6, "sufficiency": 0.1, "score": 0.5, "beats_random": 0.9}
    report = TrustReport(
        num_texts=20,
        random_score=0.0,
        judgements=(
            Judgement(method="lime", interval=(0.45, 0.55), like_untrained=0.125, **judged),
            Judgement(method="occlusion", interval=None, like_untrained=None, **judged),
        ),
        agreement=((1.0, 0.25), (0.25, None)),
    )

    _, _, *lines = report_lines(report)

    assert [" ".join(line.split()) for line in lines] == [
        "0.600 0.100 0.500 0.450 to 0.550 90 % 0.12 LIME",
        "0.600 0.100 0.500 90 % unknown Leave out words",
        "rank correlation of the words with those of each method, in the same order",
        "1.00 0.25 LIME",
        "0.25 unknown Leave out words",
    ]


def test_benchmark_of_a_text_without_an_order_of_words_is_refused(explain):
    code, _, errors = explain("--benchmark", "--text", "cat")

    assert code == 2
    assert "Expected a text of 3 words or more, got none" in errors
