"""The HTML report: one file that sends for nothing, whatever the texts in it."""

import re

import pytest

from tests.cases import make_baseline
from tests.pages.conftest import HOSTILE_CLASSES, MISTAKES, make_run
from tests.reporting.cases import Document, facts_of
from textcls_core.evaluation.decision import Decision, write_decision
from textcls_core.evaluation.rule import DecisionRule
from textcls_core.reporting.report import html_report
from textcls_core.reporting.style import CONTENT_POLICY, STYLE
from textcls_core.training.baselines import save_baseline

FETCHING = {"script", "link", "iframe", "object", "embed", "img", "video", "audio", "base", "form"}
FETCHING_ATTRIBUTES = {"src", "srcset", "action", "background", "poster", "data", "xlink:href"}


@pytest.fixture
def run(workspace, toy_dataset):
    """A run on `toy` with three mistakes among 33 test rows."""
    return make_run(workspace, "toy", toy_dataset, MISTAKES, name="My run", num_epochs=9)


def report(run, split="test"):
    return Document(html_report(facts_of(run, split)))


def test_report_begins_with_the_answer(run):
    shown = report(run).text

    assert "90.9 % of 33 test rows are right (95 % interval" in shown
    assert "always giving the most frequent answer reaches 33.3 %" in shown


def test_report_names_the_best_baseline(run, workspace, toy_dataset):
    for name, accuracy in (("majority", 0.33), ("tfidf", 0.8)):
        save_baseline(workspace, make_baseline(toy_dataset.fingerprint, name, accuracy))

    shown = report(run).text

    assert "The best baseline, TF-IDF + linear SVM, reaches 80.0 %" in shown
    assert "How tfidf was made." in shown


def test_report_says_where_a_run_comes_from(run, toy_dataset):
    shown = report(run).text

    assert toy_dataset.fingerprint in shown
    assert "162 (train 96, validation 33, test 33)" in shown
    assert run.run_id in shown
    assert "num_epochs 9 3" in re.sub(r"\s+", " ", shown)
    assert "python -m textcls_core train --dataset" in shown


def test_report_has_all_sections(run):
    document = report(run)

    ids = [value for name, value in document.attributes if name == "id"]
    links = [value for name, value in document.attributes if name == "href"]
    assert links == [f"#{name}" for name in ids]
    assert ids == [
        *("figures", "classes", "confusions", "calibration", "slices"),
        *("mistakes", "limits", "data", "training"),
    ]


def test_report_shows_the_worst_mistakes(run):
    shown = report(run).text

    assert "The 3 of 3 wrong rows with the largest loss" in shown
    assert "Most frequent confusions" in shown


def test_report_of_a_perfect_run_says_so(workspace, toy_dataset):
    perfect = make_run(workspace, "toy", toy_dataset, {})

    shown = report(perfect).text

    assert "None of the 33 rows is wrong." in shown
    assert "No row is wrong." in shown


def test_report_says_what_is_missing(run):
    shown = report(run).text

    assert "No baseline was measured on these rows." in shown
    assert "Only one seed was trained with these settings" in shown
    assert "No temperature is kept with the model." in shown


@pytest.mark.parametrize(
    ("split", "sentence"),
    [
        ("train", "The model was trained on these rows"),
        ("validation", "The validation rows decided which state of the model was kept"),
    ],
)
def test_report_of_another_split_warns(run, split, sentence):
    assert sentence in report(run, split).text


def test_report_gives_the_temperature(run):
    run.model_dir.mkdir()
    write_decision(run.model_dir, Decision(temperature=1.5))

    shown = report(run).text

    assert "Temperature kept with the model 1.50" in re.sub(r"\s+", " ", shown)


def test_report_says_what_the_kept_rule_is_worth(run):
    run.model_dir.mkdir()
    write_decision(run.model_dir, Decision(rule=DecisionRule(abstain_below=0.95)))

    shown = report(run).text

    assert "There is no answer where the model is less than 95.0 % sure." in shown
    assert "None of the 33 texts gets an answer." in shown


def test_report_without_a_rule_names_none(run):
    assert "Decision rule" not in report(run).text


def test_report_of_several_labels_counts_by_label(topics_run):
    shown = report(topics_run).text

    assert "test rows have all labels right" in shown
    assert "Given and right" in shown
    assert "LRAP" in shown
    assert "The labels of rows, in bins of similar probability" in shown


def test_report_of_many_classes_is_a_short_file(workspace):
    from textcls_core.dataset.building import Rows, build_dataset
    from textcls_core.dataset.store import DatasetStore

    labels = [f"class {n % 77}" for n in range(231)]
    splits = ["train", "validation", "test"]
    rows = Rows(
        [f"text {n}" for n in range(231)], labels, [splits[n // 77] for n in range(231)], extra={}
    )
    dataset = build_dataset(rows)
    DatasetStore.open(workspace).save(dataset, "intents", "made for this test")
    run = make_run(workspace, "intents", dataset, {("class 1", "class 2"): 1})

    content = html_report(facts_of(run))

    assert "Of 77 classes the 30 with most mistakes are shown" in content
    assert len(content) < 200_000


@pytest.mark.parametrize("which", ["run", "hostile_run", "topics_run"])
def test_report_sends_for_nothing(request, which):
    content = html_report(facts_of(request.getfixturevalue(which)))
    document = Document(content)

    assert FETCHING.isdisjoint(document.names)
    assert FETCHING_ATTRIBUTES.isdisjoint(name for name, _ in document.attributes)
    assert not [name for name, _ in document.attributes if name.startswith("on")]
    assert all(value.startswith("#") for name, value in document.attributes if name == "href")
    styles = STYLE + " ".join(str(value) for name, value in document.attributes if name == "style")
    assert "url(" not in styles
    assert "@import" not in styles
    assert "http" not in re.sub(r"127\.0\.0\.1|http://127.0.0.1:9/\w+\.png|http-equiv", "", content)


def test_report_forbids_the_browser_to_fetch(run):
    attributes = report(run).attributes

    assert ("http-equiv", "Content-Security-Policy") in attributes
    assert ("content", CONTENT_POLICY) in attributes
    assert CONTENT_POLICY.startswith("default-src 'none'")


def test_report_shows_hostile_text_as_text(hostile_run):
    document = report(hostile_run)

    for name in HOSTILE_CLASSES:
        assert name in document.text
    assert document.names.count("script") == 0


def test_report_names_no_folder_of_this_machine(workspace, toy_dataset):
    run = make_run(workspace, "toy", toy_dataset, {}, model="/home/me/secret/my-bert")

    content = html_report(facts_of(run))

    assert "secret" not in content
    assert "my-bert (a local folder)" in content
