"""Tests of several runs in the same charts of the Train page."""

import pytest

from tests.pages.conftest import HOSTILE_CLASSES, make_run, set_parameters, shown


@pytest.fixture
def others(workspace, toy_dataset):
    """Three more completed runs, two of them with the same name."""
    return [make_run(workspace, "toy", toy_dataset, {}, name=n) for n in ("One", "Two", "Two")]


def loss_spec(app):
    return next(c.proto for c in app.get("vega_lite_chart") if "training.loss" in c.proto.id).spec


def choice(app):
    return next(field for field in app.multiselect if field.label == "Compare with")


def compare(open_page, run, *others):
    ids = ",".join(other.run_id for other in others)
    return open_page("training", watch=run.run_id, compare=ids)


def test_compare_offers_the_other_runs(open_page, toy_run, others):
    app = open_page("training", watch=toy_run.run_id)

    offered = sorted(option.split(" · ")[0] for option in choice(app).options)
    assert offered == ["One", "Two", "Two"]
    assert choice(app).value == []


def test_compare_draws_the_runs_of_the_link_by_name(open_page, toy_run, others):
    app = compare(open_page, toy_run, *others)

    assert not app.exception
    assert '"domain": ["minilm on toy", "One", "Two", "Two (2)"]' in loss_spec(app)


def test_compare_is_kept_in_the_link(open_page, toy_run, others):
    app = open_page("training", watch=toy_run.run_id)
    choice(app).set_value([others[0].run_id, others[1].run_id]).run()

    assert app.query_params["compare"] == f"{others[0].run_id},{others[1].run_id}"
    assert '"One", "Two"' in loss_spec(app)


def test_compare_can_be_ended(open_page, toy_run, others):
    app = compare(open_page, toy_run, others[0])
    choice(app).set_value([]).run()

    assert "compare" not in app.query_params
    assert "One" not in loss_spec(app)


def test_compare_is_kept_over_pages(open_page, toy_run, others):
    app = compare(open_page, toy_run, others[0])
    app.switch_page("pages/dataset.py").run()
    app.switch_page("pages/training.py").run()

    assert '"One"' in loss_spec(app)


@pytest.mark.parametrize("ids", ["nope", "../../etc", "x" * 10_000, ",,"])
def test_compare_ignores_unknown_runs_of_the_link(open_page, toy_run, ids):
    app = open_page("training", watch=toy_run.run_id, compare=ids)

    assert not app.exception
    assert choice(app).value == []


def test_compare_keeps_the_known_runs_of_a_link(open_page, toy_run, others):
    app = open_page("training", watch=toy_run.run_id, compare=f"nope,{others[0].run_id}")

    assert choice(app).value == [others[0].run_id]
    assert shown(app.toast) == ["The link names a run that does not exist here; it was ignored."]


def test_compare_does_not_offer_the_run_itself(open_page, toy_run, others):
    app = compare(open_page, toy_run, others[0])
    set_parameters(app, watch=others[0].run_id)

    assert not app.exception
    assert not app.toast
    assert choice(app).value == []


def test_compare_with_an_active_run_draws_what_there_is(open_page, toy_run, active_run):
    app = compare(open_page, toy_run, active_run)

    assert not app.exception
    assert '"Half way"' in loss_spec(app)


def test_compare_with_a_failed_run_without_figures_is_no_error(open_page, toy_run, failed_run):
    failed_run.history_file.write_text("")

    app = compare(open_page, toy_run, failed_run)

    assert not app.exception


def test_compare_shows_a_hostile_name_as_it_is(open_page, workspace, toy_dataset, toy_run):
    run = make_run(workspace, "toy", toy_dataset, {}, name=HOSTILE_CLASSES[0])

    app = compare(open_page, toy_run, run)

    assert not app.exception
    assert choice(app).value == [run.run_id]
