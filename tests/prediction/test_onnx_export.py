"""Tests of whole exports: what is in the folder, that its README works, and what is replaced."""

import pytest

from tests.pages.conftest import MISTAKES, make_run
from tests.prediction.test_onnx_facts import CHECK
from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import InvalidArgumentError, ModelError, RunStateError
from textcls_core.evaluation.decision import Decision, write_decision
from textcls_core.jobs.progress import JobCancelledError, ignore
from textcls_core.models.classifier import Classifier, Design
from textcls_core.prediction import onnx_export, onnx_graph
from textcls_core.prediction.onnx_export import (
    export_arguments,
    export_folder,
    export_run,
    require_onnx,
    require_replaceable,
    run_job,
    written_export,
)
from textcls_core.prediction.onnx_facts import read_export
from textcls_core.workspace import APP_DIR

FILES = {
    *("model.onnx", "config.json", "tokenizer.json", "tokenizer_config.json"),
    *("README.md", "textcls_onnx.json"),
}


@pytest.fixture
def run(workspace, toy_dataset, tiny_model_dir):
    """A completed run on `toy`, with a model that was never trained."""
    made = make_run(workspace, "toy", toy_dataset, MISTAKES)
    save(made, toy_dataset, tiny_model_dir)
    return made


def save(run, dataset, model_dir, **design):
    """Save a classifier as the model of a run."""
    Classifier.from_pretrained(
        model_dir, dataset.label_names, max_length=64, design=Design(**design)
    ).save(run.model_dir)


@pytest.fixture
def libraries():
    """Leave a test out where the libraries are not installed."""
    for name in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(name, reason="it is in requirements-onnx.txt")


@pytest.fixture
def no_graph(monkeypatch):
    """Write an empty file as the graph, and find nothing wrong with it; needs no library."""
    monkeypatch.setattr(onnx_export, "find_spec", lambda name: name)
    monkeypatch.setattr(onnx_graph, "write_graph", lambda _, file: file.touch())
    monkeypatch.setattr(onnx_graph, "check_graph", lambda *_: CHECK)


@pytest.fixture
def readme_prints(monkeypatch, capsys):
    """Run the code in the README of a folder as it says; return what it prints."""

    def run(folder):
        code = (folder / "README.md").read_text(encoding="utf-8").split("```")[1]
        monkeypatch.chdir(folder)
        exec(code.removeprefix("python"), {})  # noqa: S102 - our own file
        return capsys.readouterr().out.strip()

    return run


def test_export_is_a_checked_folder_whose_readme_works(
    libraries, workspace, run, tmp_path, readme_prints
):
    write_decision(run.model_dir, Decision(temperature=1.5))

    export = export_run(workspace, run, tmp_path / "onnx")

    folder = tmp_path / "onnx"
    assert {file.name for file in folder.iterdir()} == FILES == set(export.files)
    assert read_export(folder) == export
    assert (export.check.num_own_texts, export.temperature) == (5, 1.5)
    assert readme_prints(folder) == str(answers(run))


def test_export_of_several_labels_with_the_mean_has_a_readme_that_works(
    libraries, workspace, topics_run, topics_dataset, tiny_models, tmp_path, readme_prints
):
    design = {"task": "multi_label", "pooling": "mean"}
    save(topics_run, topics_dataset, tiny_models["distilbert"], **design)

    export = export_run(workspace, topics_run, tmp_path / "onnx")

    assert (export.task, export.pooling) == ("multi_label", "mean")
    assert readme_prints(tmp_path / "onnx") == str(answers(topics_run))


def answers(run):
    """Return what the app says about the two texts of the README."""
    from textcls_core.prediction.predict import predict_texts

    classifier = Classifier.load(run.model_dir)
    texts = ["A text to classify", "Another one, which may be longer"]
    names = classifier.label_names
    said = predict_texts(classifier, texts)
    if classifier.design.task == "multi_label":
        return [[name for name in names if name in one.labels] for one in said]
    return [one.label for one in said]


def test_export_that_fails_its_check_leaves_nothing(
    no_graph, workspace, run, tmp_path, monkeypatch
):
    monkeypatch.setattr(onnx_graph, "check_graph", fail)

    with pytest.raises(ModelError, match="other logits"):
        export_run(workspace, run, tmp_path / "onnx")

    assert not (tmp_path / "onnx").exists()
    assert not list(tmp_path.glob(".onnx*"))


def fail(*_):
    raise ModelError("other logits")


def test_export_that_fails_leaves_the_earlier_one(no_graph, workspace, run, tmp_path, monkeypatch):
    earlier = export_run(workspace, run, tmp_path / "onnx")
    monkeypatch.setattr(onnx_graph, "check_graph", fail)

    with pytest.raises(ModelError):
        export_run(workspace, run, tmp_path / "onnx")

    assert read_export(tmp_path / "onnx") == earlier


def test_export_replaces_an_earlier_one_as_a_whole(no_graph, workspace, run, tmp_path):
    export_run(workspace, run, tmp_path / "onnx")
    write_decision(run.model_dir, Decision(temperature=2.0))

    export_run(workspace, run, tmp_path / "onnx")

    assert read_export(tmp_path / "onnx").temperature == 2.0


def test_export_goes_into_an_empty_folder(no_graph, workspace, run, tmp_path):
    (tmp_path / "onnx").mkdir()

    export_run(workspace, run, tmp_path / "onnx")

    assert read_export(tmp_path / "onnx") is not None


def test_export_without_its_data_set_is_checked_on_other_texts(
    no_graph, workspace, run, tmp_path, monkeypatch
):
    store = DatasetStore.open(workspace)
    store.delete(store.find("toy"))
    given = []
    check = onnx_graph.check_graph
    monkeypatch.setattr(onnx_graph, "check_graph", lambda *all_: given.append(all_) or check(*all_))

    export_run(workspace, run, tmp_path / "onnx")

    assert given[0][2] == []


def test_export_of_a_run_without_a_model_is_refused(no_graph, workspace, run, tmp_path):
    (run.folder / "finished.json").unlink()

    with pytest.raises(RunStateError, match="has no finished model"):
        export_run(workspace, run, tmp_path / "onnx")


def test_folder_with_anything_else_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")

    message = r'an earlier export, but ".*" holds "notes\.txt"\. Choose another folder\.'
    with pytest.raises(InvalidArgumentError, match=message):
        require_replaceable(tmp_path)


def test_earlier_export_with_a_file_of_somebody_is_refused(no_graph, workspace, run, tmp_path):
    export_run(workspace, run, tmp_path / "onnx")
    (tmp_path / "onnx" / "notes.txt").write_text("mine")

    with pytest.raises(InvalidArgumentError, match=r'holds "notes\.txt"'):
        export_run(workspace, run, tmp_path / "onnx")

    assert (tmp_path / "onnx" / "notes.txt").read_text() == "mine"


def test_file_that_appears_while_the_graph_is_written_is_kept(
    no_graph, workspace, run, tmp_path, monkeypatch
):
    folder = tmp_path / "onnx"

    def write_meanwhile(_, file):
        file.touch()
        folder.mkdir()
        (folder / "notes.txt").write_text("mine")

    monkeypatch.setattr(onnx_graph, "write_graph", write_meanwhile)

    with pytest.raises(InvalidArgumentError, match=r'holds "notes\.txt"'):
        export_run(workspace, run, folder)

    assert [file.name for file in folder.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("name", ["no/onnx", "file"])
def test_folder_that_cannot_be_made_is_refused(tmp_path, name):
    (tmp_path / "file").touch()

    with pytest.raises(InvalidArgumentError, match="Expected a new folder inside a folder that"):
        require_replaceable(tmp_path / name)


def test_libraries_that_are_missing_are_named_with_the_command(monkeypatch):
    monkeypatch.setattr(
        onnx_export, "find_spec", lambda name: None if name == "onnxscript" else name
    )

    with pytest.raises(InvalidArgumentError) as caught:
        require_onnx()

    assert str(caught.value) == (
        "ONNX files need onnxscript, which is not installed here. Install it with "
        '"pip install -r requirements-onnx.txt".'
    )
    assert (APP_DIR / onnx_export.REQUIREMENTS).is_file()


def test_job_writes_into_the_workspace(no_graph, workspace, run):
    reported = []

    run_job(workspace, export_arguments(run), lambda *amount: reported.append(amount))

    assert written_export(workspace, run) == read_export(export_folder(workspace, run))
    assert [message for _, _, message in reported] == [
        "Loading the model",
        "Writing the graph",
        "Comparing with ONNX Runtime",
        "Written",
    ]


def test_job_that_is_cancelled_leaves_nothing(no_graph, workspace, run):
    def cancel(done, *_):
        if done == 2:
            raise JobCancelledError

    with pytest.raises(JobCancelledError):
        run_job(workspace, export_arguments(run), cancel)

    assert list(workspace.exports_dir.iterdir()) == []


def test_export_of_another_temperature_is_not_that_of_the_run(no_graph, workspace, run):
    before = export_arguments(run)
    run_job(workspace, before, ignore)

    write_decision(run.model_dir, Decision(temperature=2.0))

    assert written_export(workspace, run) is None
    assert export_arguments(run) != before
