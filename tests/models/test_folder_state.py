"""Tests of what tells one model in a folder from another one in the same folder."""

from textcls_core.models.catalogue import EMBEDDED, folder_state


def test_other_weights_in_a_folder_are_told(tmp_path):
    (tmp_path / "model.safetensors").write_text("weights")
    before = folder_state(str(tmp_path))
    (tmp_path / "model.safetensors").write_text("longer than before")

    assert before != folder_state(str(tmp_path)) == folder_state(str(tmp_path))


def test_names_and_folders_without_weights_have_no_state(tmp_path):
    assert folder_state(EMBEDDED) == folder_state("bert-base-uncased") == ""
    assert folder_state(str(tmp_path / "gone")) == ""
