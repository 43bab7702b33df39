"""Tests of the baselines on the Data page: the table, and measuring on demand."""

from tests.cases import make_baseline
from tests.pages.conftest import HOSTILE_CLASSES, HOSTILE_TEXT, shown
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.store import DatasetStore
from textcls_core.training.baselines import read_baselines, save_baseline


def table(app):
    """Return the baselines shown, or None."""
    return next((frame.value for frame in app.dataframe if "method" in frame.value), None)


def measure_button(app):
    return next((button for button in app.button if button.key == "dataset.measure"), None)


def test_dataset_without_baselines_offers_to_measure_them(open_page):
    app = open_page("dataset", dataset="toy")

    assert "Baselines" in shown(app.subheader)
    assert table(app) is None
    assert measure_button(app).label == "Measure baselines"


def test_dataset_button_measures_the_baselines(open_page, workspace, toy_dataset):
    app = open_page("dataset", dataset="toy")
    measure_button(app).click().run()

    assert not app.exception
    assert table(app)["method"].tolist() == ["Majority class", "TF-IDF + linear SVM"]
    assert table(app)["test accuracy"].tolist() == ["33.3 %", "100.0 %"]
    assert measure_button(app) is None
    assert len(read_baselines(workspace, toy_dataset.fingerprint)) == 2


def test_dataset_shows_the_baselines_of_all_models(
    open_page, workspace, toy_dataset, toy_baselines
):
    other = make_baseline(
        toy_dataset.fingerprint, "frozen", 0.7, model="/models/mine", title="Frozen mine"
    )
    save_baseline(workspace, other)

    shown_table = table(open_page("dataset", dataset="toy"))

    assert shown_table["method"].tolist() == [
        *("Majority class", "TF-IDF + linear SVM", "Frozen mine", "Frozen minilm")
    ]
    assert shown_table["validation accuracy"].tolist()[2] == "70.0 %"


def test_dataset_with_a_damaged_baseline_offers_to_measure_it_again(
    open_page, workspace, toy_baselines
):
    for file in workspace.baselines_dir.rglob("tfidf.json"):
        file.write_text("{")

    app = open_page("dataset", dataset="toy")

    assert not app.exception
    assert table(app)["method"].tolist() == ["Majority class", "Frozen minilm"]
    assert measure_button(app) is not None


def test_dataset_that_cannot_be_trained_on_has_no_baselines_and_says_why(open_page, workspace):
    rows = Rows(["one", "two", "three"], ["same"] * 3, ["train", "validation", "test"], extra={})
    DatasetStore.open(workspace).save(build_dataset(rows), "single", "for this test")
    app = open_page("dataset", dataset="single")
    measure_button(app).click().run()

    assert not app.exception
    assert shown(app.error)[0].startswith("This data set cannot be trained on. All 3 rows")
    assert table(app) is None


def test_dataset_shows_hostile_baselines_as_they_are(open_page, workspace, hostile_run):
    fingerprint = hostile_run.config.dataset_fingerprint
    hostile = make_baseline(fingerprint, "frozen", 0.7, title=HOSTILE_TEXT, model=HOSTILE_TEXT)
    save_baseline(workspace, hostile)
    app = open_page("dataset", dataset=fingerprint)
    measure_button(app).click().run()

    assert not app.exception
    assert table(app)["method"].tolist()[-1] == HOSTILE_TEXT
    assert HOSTILE_CLASSES[0][:20] in table(app)["how it was made"].tolist()[0]
