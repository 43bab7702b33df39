"""Tests of groups on the Train page: the form that starts them, and the view of one."""

import pytest

from tests.groups import GROUP_ID, add_member, figures, finish, make_group, pause, validate
from tests.pages.conftest import (
    HOSTILE_TEXT,
    as_shown,
    chart,
    links,
    markdown_of,
    select_row,
    set_parameters,
    shown,
)
from textcls_core.files import write_json
from textcls_core.runs.group import TrialEnd
from textcls_core.runs.group_store import GroupStore
from textcls_core.training import groups


@pytest.fixture
def coordinators(monkeypatch):
    """Groups that the page gave a coordinator; no process is started for them."""
    found = []
    monkeypatch.setattr(groups, "_start_coordinator", found.append)
    return found


@pytest.fixture
def seeds(workspace):
    """Two completed seeds and a failed one."""
    group = make_group(workspace)
    for number, accuracy in ((1, 0.8), (2, 0.9)):
        run = add_member(group, number, seed=number)
        finish(run, validation=figures(accuracy), test=figures(accuracy))
    finish(add_member(group, 3, seed=3), "failed", error="Out of memory.")
    return group


@pytest.fixture
def search(workspace, hold_lock):
    """A search at work: one trial completed, one pruned, one skipped, one training."""
    group = make_group(workspace, "tpe", ("learning_rate=1e-5:1e-3:log", "seed=1:9"), 6)
    for number, outcome in ((1, "completed"), (2, "stopped")):
        run = add_member(group, number, learning_rate=1e-4, seed=number)
        finish(run, outcome, validation=figures(0.9 - number / 10), test=figures(0.7))
    group.record_end(TrialEnd(number=2, ending="pruned", settings={}, reason="Behind."))
    settings = {"learning_rate": 1e-3, "seed": 1}
    group.record_end(TrialEnd(number=3, ending="skipped", settings=settings, reason="Twice."))
    run = add_member(group, 4, learning_rate=1e-5, seed=4)
    validate(run, 0.5)
    hold_lock(run.lock_file)
    hold_lock(group.coordinator_lock(1))
    return group


def open_form(open_page, kind="seeds"):
    app = open_page("training", dataset="toy")
    app.get_by_key("group.kind").set_value(kind)
    return app.run()


def codes(app):
    return [element.value for element in app.code]


def cards(app):
    return {as_shown(metric.label): as_shown(metric.value) for metric in app.metric}


def test_seeds_are_started_from_the_form_and_then_shown(open_page, started):
    app = open_form(open_page)
    app.get_by_key("group.seeds").set_value(4)
    app.run()

    app.get_by_key("group.start").click().run()

    assert [run.config.seed for run in started] == [42, 43, 44, 45]
    assert app.query_params["group"] == started[0].config.group
    assert "minilm on toy: 4 seeds" in shown(app.subheader)


def test_the_form_shows_the_command_of_what_it_starts(open_page):
    app = open_form(open_page, "folds")

    command = "python -m textcls_core train --dataset toy --model minilm --preset fast --folds 5"
    assert command in codes(app)


def test_folds_are_started_from_the_form(open_page, started):
    app = open_form(open_page, "folds")

    app.get_by_key("group.start").click().run()

    assert [run.config.fold for run in started] == [1, 2, 3, 4, 5]


def test_a_search_is_started_from_the_form(open_page, coordinators):
    app = open_form(open_page, "search")
    app.get_by_key("group.trials").set_value(7)
    app.get_by_key("group.prune").uncheck()
    app.run()

    app.get_by_key("group.start").click().run()

    [group] = coordinators
    assert (group.plan.kind, group.plan.num_planned, group.plan.prune) == ("tpe", 7, False)
    assert list(group.plan.space) == ["learning_rate", "num_epochs"]


def test_a_grid_is_started_from_the_form(open_page, started):
    app = open_form(open_page, "search")
    app.get_by_key("group.method").select("grid").run()
    app.get_by_key("group.names").set_value(["loss", "label_smoothing_factor"]).run()
    app.get_by_key("group.space.label_smoothing_factor.True").set_value("0,0.1").run()

    captions = shown(app.caption)
    app.get_by_key("group.start").click().run()

    assert any("1 impossible combination is skipped" in caption for caption in captions)
    assert len(started) == 3


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("1e-5:5:log", "learning_rate: input should be less than 1"),
        ("1e-3:1e-5", "the lower end of a range must be below its upper end"),
        ("1e-3", "learning_rate needs at least two different values"),
        ("", "Expected name=values"),
    ],
)
def test_a_wrong_space_is_explained_and_a_single_run_can_still_start(open_page, values, message):
    app = open_form(open_page, "search")

    app.get_by_key("group.space.learning_rate.False").set_value(values).run()

    [error] = shown(app.error)
    assert message in error
    assert app.get_by_key("training.start")
    assert "group.start" not in {button.key for button in app.button}


def test_no_setting_to_vary_is_explained(open_page):
    app = open_form(open_page, "search")

    app.get_by_key("group.names").set_value([]).run()

    assert "Expected at least one setting to vary" in shown(app.error)[0]


def test_a_second_click_finds_the_first_group(open_page, started, workspace):
    app = open_form(open_page)
    app.session_state["training.group_id"] = GROUP_ID
    app.get_by_key("group.start").click().run()

    again = open_form(open_page)
    again.session_state["training.group_id"] = GROUP_ID
    again.get_by_key("group.start").click().run()

    assert len(started) == 3
    assert len(GroupStore.open(workspace).groups()) == 1


def test_the_form_links_to_the_newest_groups(open_page, seeds):
    app = open_page("training", dataset="toy")

    assert "minilm on toy: seeds, 1 minute ago" in links(app)


def test_repeated_runs_are_shown_with_mean_and_spread(open_page, seeds):
    app = open_page("training", group=GROUP_ID)

    assert cards(app)["Test accuracy"] == "85.0 % ± 7.1"
    assert cards(app)["Ended"] == "3 of 3"
    assert chart(app)["layout"]["title"]["text"] == "Test accuracy 85.0 % ± 7.1 over 2 runs"
    table = app.dataframe[1].value
    assert list(table["Run"]) == ["seed 1", "seed 2", "seed 3"]
    assert list(table["State"].str[0]) == ["✓ completed", "✓ completed", "✕ failed"]
    assert list(table["Note"].dropna()) == ["Out of memory."]


def test_folds_are_judged_by_the_rows_that_each_validate_once(open_page, workspace):
    group = make_group(workspace, "folds", (), 2, num_folds=2, fold=1)
    for fold, accuracy in ((1, 0.8), (2, 0.9)):
        run = add_member(group, fold, fold=fold)
        finish(run, validation=figures(accuracy), test=figures(0.5))

    app = open_page("training", group=GROUP_ID)

    names = list(cards(app))
    assert names == ["Ended", "Validation accuracy", "Validation macro-F1", "Test accuracy"]
    title = "Validation accuracy 85.0 % ± 7.1 over 2 runs"
    assert chart(app)["layout"]["title"]["text"] == title


def test_a_search_is_shown_with_its_best_run_and_what_became_of_each(open_page, search):
    app = open_page("training", group=GROUP_ID)

    assert cards(app)["Best validation macro-F1"] == "80.0 %"
    assert cards(app)["Ended"] == "3 of 6"
    names = [trace["name"] for trace in chart(app)["data"]]
    assert names == ["trial 2", "trial 4", "trial 1"]
    table = app.dataframe[1].value
    assert list(table["Run"]) == ["trial 1", "trial 2", "trial 3", "trial 4"]
    assert list(table["Note"].dropna()) == ["Behind.", "Twice."]


def test_a_group_is_cancelled_from_the_page(open_page, search):
    app = open_page("training", group=GROUP_ID)

    app.get_by_key("group.cancel").click().run()

    assert search.is_cancelled
    assert search.members[-1].stop_file.exists()
    assert "group.cancel" not in {button.key for button in app.button}


def test_a_group_that_was_left_behind_is_resumed_from_the_page(open_page, workspace, started):
    make_group(workspace)
    app = open_page("training", group=GROUP_ID)

    app.get_by_key("group.resume").click().run()

    assert [run.config.seed for run in started] == [1, 2, 3]


def test_a_paused_member_is_said_and_goes_on_with_its_group(open_page, workspace, started):
    group = make_group(workspace, num_planned=2, space=("seed=1,2",))
    finish(add_member(group, 1, seed=1), validation=figures(0.9), test=figures(0.9))
    paused = pause(add_member(group, 2, seed=2))
    app = open_page("training", group=GROUP_ID)
    ended = cards(app)["Ended"]
    notes = list(app.dataframe[1].value["Note"].dropna())
    captions = shown(app.caption)

    app.get_by_key("group.resume").click().run()

    assert ended == "1 of 2"
    assert notes == ["Paused: it goes on when it is resumed."]
    assert "Its last runs are paused: everything is kept in their checkpoints." in captions
    assert started == [paused]


def test_a_group_that_was_killed_can_be_cancelled(open_page, workspace):
    group = make_group(workspace, num_planned=1)
    add_member(group, 1, seed=1)
    app = open_page("training", group=GROUP_ID)

    app.get_by_key("group.cancel").click().run()

    assert group.is_cancelled


def test_a_failed_search_says_why(open_page, workspace):
    group = make_group(workspace, "tpe", ("seed=1:9",))
    write_json(group.failed_file, {"error": "3 runs in a row failed."})

    app = open_page("training", group=GROUP_ID)

    assert shown(app.error) == ["3 runs in a row failed."]


def test_an_unknown_group_in_a_link_is_ignored_aloud(open_page):
    app = open_page("training", group="nope")

    assert "names a group that does not exist here" in shown(app.toast)[0]
    assert app.get_by_key("training.start")


def test_a_run_leads_to_its_group_and_back(open_page, seeds):
    run = seeds.members[0]

    app = open_page("training", watch=run.run_id)
    led_back = "Part of minilm on toy: seeds" in links(app)
    app.query_params.clear()
    set_parameters(app, group=GROUP_ID)

    assert led_back
    assert "minilm on toy: seeds" in shown(app.subheader)


def test_a_run_in_the_link_goes_before_a_group_seen_earlier(open_page, seeds):
    app = open_page("training", group=GROUP_ID)

    app.query_params.clear()
    set_parameters(app, watch=seeds.members[1].run_id)

    assert "minilm on toy, seed 2" in shown(app.subheader)


def test_choosing_a_row_leads_to_the_pages_of_its_run(open_page, seeds):
    app = open_page("training", group=GROUP_ID)

    select_row(app, "group.members.3", 1)

    assert {"Progress", "Evaluation", "Mistakes"} <= set(links(app))


def test_two_members_are_compared(open_page, seeds):
    app = open_page("training", group=GROUP_ID)

    assert app.selectbox(key="group.compare.0").options == ["seed 1", "seed 2", "seed 3"]
    table = app.dataframe[-1].value

    assert list(table["setting"]) == ["name", "seed"]
    assert list(table["one"])[1:] == ["1"]
    assert list(table["another"])[1:] == ["2"]


def test_a_new_run_leaves_the_group(open_page, seeds):
    app = open_page("training", group=GROUP_ID, dataset="toy")

    app.get_by_key("group.new").click().run()

    assert "group" not in app.query_params
    assert app.get_by_key("training.start")


def test_foreign_names_are_shown_as_they_are(open_page, workspace):
    group = make_group(workspace, name=HOSTILE_TEXT[:80])
    for number in (1, 2, 3):
        run = add_member(group, number, seed=number)
        finish(run, "failed", error=HOSTILE_TEXT)

    app = open_page("training", group=GROUP_ID)

    assert not [text for text in markdown_of(app) if "![h](http" in text]
    assert any("![h](http://127.0.0.1:9" in text for text in shown(app.subheader))


def test_a_group_leads_to_a_comparison_of_its_runs(open_page, seeds):
    app = open_page("training", group=GROUP_ID)

    link = links(app)["Compare the best run with the others, row by row"]
    best, other = seeds.members[1], seeds.members[0]
    assert f"run={best.run_id}" in link.proto.query_string
    assert f"compare_runs={other.run_id}" in link.proto.query_string
    assert "panel=Compare" in link.proto.query_string


def test_a_group_with_one_model_offers_no_comparison(open_page, seeds):
    write_json(seeds.members[0].folder / "finished.json", {"outcome": "failed"})

    app = open_page("training", group=GROUP_ID)

    assert not [words for words in links(app) if words.startswith("Compare the best")]
