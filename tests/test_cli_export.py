"""`export` writes a finished run for other programs."""

import pytest

from tests.pages.conftest import MISTAKES, make_run, save_model
from tests.prediction.test_onnx_facts import CHECK
from tests.test_cli import answer, complaint
from textcls_core.prediction import onnx_export, onnx_graph


@pytest.fixture
def run(workspace, toy_dataset, tiny_model_dir, monkeypatch):
    """The command line works in a workspace with one run on `toy`; graphs are empty files."""
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))
    monkeypatch.setattr(onnx_export, "find_spec", lambda name: name)
    monkeypatch.setattr(onnx_graph, "write_graph", lambda _, file: file.touch())
    monkeypatch.setattr(onnx_graph, "check_graph", lambda *_: CHECK)
    made = make_run(workspace, "toy", toy_dataset, MISTAKES)
    save_model(made.model_dir, toy_dataset, tiny_model_dir)
    return made


def export(run, folder, file_format="onnx"):
    """Return the arguments of the command."""
    return "export", run.run_id, "--format", file_format, "--output", str(folder)


def test_export_says_what_it_wrote(run, capsys, tmp_path):
    found = answer(capsys, *export(run, tmp_path / "onnx"))

    assert (found["run_id"], found["format"]) == (run.run_id, "onnx")
    assert (found["folder"], found["output"]) == (str(tmp_path / "onnx"), "logits")
    assert found["label_names"] == ["animals", "food", "weather"]
    assert found["check"]["largest_difference"] == CHECK.largest_difference
    assert (tmp_path / "onnx" / "model.onnx").exists()


def test_export_refuses_other_formats(run, capsys, tmp_path):
    error = complaint(capsys, *export(run, tmp_path / "onnx", "tflite"))

    assert error == 'error: Expected a format (onnx), got "tflite".\n'


def test_export_refuses_a_folder_with_other_files(run, capsys, tmp_path):
    (tmp_path / "mine.txt").touch()

    assert 'holds "mine.txt"' in complaint(capsys, *export(run, tmp_path))


def test_export_without_the_libraries_names_the_command(run, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_export, "find_spec", lambda _: None)

    error = complaint(capsys, *export(run, tmp_path / "onnx"))

    assert 'Install it with "pip install -r requirements-onnx.txt".' in error
