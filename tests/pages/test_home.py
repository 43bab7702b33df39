"""Tests of the Home page."""

from tests.pages.conftest import HOSTILE_CLASSES, links, make_run, select_row, shown
from textcls_core.runs.store import RunStore


def baselines_in(row):
    """Return the distance to the best baseline, and the accuracy of each."""
    return row[["To best baseline", "Majority", "TF-IDF", "Frozen"]].tolist()


def test_home_without_runs_shows_three_steps(open_page):
    app = open_page("home")

    assert not app.exception
    assert app.title[0].value == "TextCLS Studio"
    assert list(links(app)) == ["Open the data", "Train a model", "See the results"]
    assert "2 data sets ready" in shown(app.caption)
    assert "0 finished runs, 0 active" in shown(app.caption)


def test_home_without_runs_says_what_to_do(open_page):
    app = open_page("home")

    assert any(text.startswith("No run yet. Try the demo") for text in shown(app.caption))
    assert len(app.dataframe) == 0


def test_home_lists_a_finished_run(open_page, toy_run):
    app = open_page("home")

    row = app.dataframe[0].value.iloc[0]
    assert row["Run"] == "minilm on toy"
    assert list(row["State"]) == ["✓ completed"]
    assert row["Test accuracy"] == "90.9 %"
    assert baselines_in(row) == ["+57.6 points", "33.3 %", "", ""]
    assert "1 finished run, 0 active" in shown(app.caption)


def test_home_compares_a_run_with_all_baselines(open_page, toy_run, toy_baselines):
    app = open_page("home")

    row = app.dataframe[0].value.iloc[0]
    assert baselines_in(row) == ["-4.1 points", "33.0 %", "80.0 %", "95.0 %"]


def test_home_leaves_out_the_encoder_of_another_model(
    open_page, workspace, toy_dataset, toy_baselines
):
    make_run(workspace, "toy", toy_dataset, {}, model="gpt2")

    row = open_page("home").dataframe[0].value.iloc[0]

    assert baselines_in(row) == ["+20.0 points", "33.0 %", "80.0 %", ""]


def test_home_with_damaged_baselines_shows_the_majority_class(
    open_page, workspace, toy_run, toy_baselines
):
    for file in workspace.baselines_dir.rglob("*.json"):
        file.write_text("{")

    app = open_page("home")

    assert not app.exception
    assert baselines_in(app.dataframe[0].value.iloc[0])[1:] == ["33.3 %", "", ""]


def test_home_lists_a_failed_run_without_figures(open_page, failed_run):
    app = open_page("home")

    row = app.dataframe[0].value.iloc[0]
    assert (row["Run"], row["Test accuracy"]) == ("Too big", "")
    assert baselines_in(row) == [""] * 4
    assert list(row["State"]) == ["✕ failed"]


def test_home_lists_the_newest_runs_first(open_page, toy_run, failed_run):
    app = open_page("home")

    assert app.dataframe[0].value["Run"].tolist() == ["Too big", "minilm on toy"]
    assert any(
        text.startswith("Showing 2 of 2. Select a row to open") for text in shown(app.caption)
    )


def test_home_opens_the_pages_of_a_selected_run(open_page, toy_run):
    app = select_row(open_page("home"), "home.runs", 0)

    assert list(links(app))[3:] == ["Progress", "Evaluation", "Compare", "Mistakes", "Attention"]
    assert app.page_link[3].proto.query_string == f"watch={toy_run.run_id}"
    assert app.page_link[4].proto.query_string == f"run={toy_run.run_id}"


def test_home_offers_only_the_progress_of_a_failed_run(open_page, failed_run):
    app = select_row(open_page("home"), "home.runs", 0)

    assert list(links(app))[3:] == ["Progress"]


def test_home_demo_starts_the_fast_preset_on_the_news(open_page, started):
    app = open_page("home")
    app.button[0].click().run()

    config = started[0].config
    assert (config.dataset, config.preset, config.model) == ("bbc-news", "fast", "minilm")
    assert app.title[0].value == "Train"
    assert app.query_params["watch"] == started[0].run_id


def test_home_demo_twice_in_a_session_is_one_run(open_page, started, workspace):
    app = open_page("home")
    app.button[0].click().run()

    app.switch_page("pages/home.py").run().button[0].click().run()

    assert len(started) == 1
    assert len(RunStore.open(workspace).runs()) == 1


def test_home_leaves_a_damaged_run_out(open_page, toy_run):
    (toy_run.folder / "config.json").write_text("{")

    app = open_page("home")

    assert not app.exception
    assert not app.error
    assert not app.dataframe


def test_home_shows_hostile_names_in_the_table_as_they_are(open_page, hostile_run):
    app = select_row(open_page("home"), "home.runs", 0)

    row = app.dataframe[0].value.iloc[0]
    assert row["Run"] == HOSTILE_CLASSES[0]
    assert HOSTILE_CLASSES[0] in [text.value for text in app.text]


def test_home_finds_a_run_again_after_a_refresh(open_page, toy_run):
    open_page("home")

    refreshed = open_page("home")

    assert refreshed.dataframe[0].value["Run"].tolist() == ["minilm on toy"]
