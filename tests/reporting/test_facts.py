"""What is gathered for a report."""

import pytest

from tests.pages.conftest import MISTAKES, make_run
from tests.reporting.cases import facts_of
from textcls_core.config import RunConfig
from textcls_core.errors import InvalidArgumentError, NotFoundError
from textcls_core.reporting.facts import settings_of, shown_model, without_places
from textcls_core.reporting.saving import save_both, save_model_card, save_report
from textcls_core.reporting.sentences import limits_of


@pytest.fixture
def run(workspace, toy_dataset):
    """A run on `toy` with three mistakes among 33 test rows."""
    return make_run(workspace, "toy", toy_dataset, MISTAKES, name="My run")


def test_facts_hold_the_worst_mistakes_first(run):
    facts = facts_of(run)

    losses = [one.loss for one in facts.mistakes]
    assert losses == sorted(losses, reverse=True)
    assert {(one.true, one.predicted) for one in facts.mistakes} == set(MISTAKES)
    assert facts.num_wrong == 3


def test_facts_of_a_missing_split_are_refused(run):
    run.predictions_file("test").unlink()

    with pytest.raises(NotFoundError, match='has no predictions for "test"'):
        facts_of(run)


def test_facts_count_rows_that_were_trained_on(run, workspace):
    assert facts_of(run).num_seen == 0
    run.predictions_file("train").unlink()
    assert facts_of(run).num_seen is None


def test_facts_find_texts_that_were_trained_on(run):
    known = run.raw_predictions("test")
    known.save(run.predictions_file("train"))

    facts = facts_of(run)

    assert facts.num_seen == 33
    assert any(one.startswith("33 rows have a text that is also among") for one in limits_of(facts))


def test_facts_know_other_seeds(run, workspace, toy_dataset):
    make_run(workspace, "toy", toy_dataset, {}, seed=7)

    facts = facts_of(run)

    assert facts.seeds.n == 2
    assert "Over 2 seeds of these settings, accuracy goes from 90.9 % to 100.0 %." in limits_of(
        facts
    )


def test_limits_name_small_classes(run):
    assert any(one.startswith("3 classes have fewer than 30") for one in limits_of(facts_of(run)))


def test_settings_of_puts_changed_ones_first():
    changed, others = settings_of(RunConfig.create({"dataset": "toy", "num_epochs": 9}))

    assert [(one.name, one.value, one.default) for one in changed] == [("num_epochs", 9, 3)]
    assert "seed" in {one.name for one in others}
    assert "model" not in {one.name for one in (*changed, *others)}


@pytest.mark.parametrize(
    ("model", "shown", "command"),
    [
        ("minilm", "MiniLM (all-MiniLM-L6-v2)", "minilm"),
        ("bert-base-uncased", "bert-base-uncased", "bert-base-uncased"),
        ("org/name", "org/name", "org/name"),
        ("/home/me/my-bert/", "my-bert (a local folder)", "./my-bert"),
        ("../me/my-bert", "my-bert (a local folder)", "./my-bert"),
    ],
)
def test_models_are_named_without_their_place(model, shown, command):
    config = RunConfig.create({"dataset": "toy", "model": model})

    assert shown_model(config) == shown
    assert without_places(config).model == command


def test_saving_puts_both_files_beside_the_run(run):
    report, card = save_both(facts_of(run))

    assert report == run.folder / "reports" / "report-test.html"
    assert report.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert card.read_text(encoding="utf-8").startswith("---\n")


@pytest.mark.parametrize("save", [save_report, save_model_card])
@pytest.mark.parametrize("name", [".", "missing/report.html"])
def test_saving_refuses_what_is_no_file(run, tmp_path, save, name):
    with pytest.raises(InvalidArgumentError, match="a file in a folder that exists"):
        save(facts_of(run), tmp_path / name)
