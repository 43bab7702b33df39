import pytest

from tests.data_files import save_classes
from tests.tables import columns_of
from textcls_core.dataset.reading import detect, preview, read_table
from textcls_core.dataset.reading_options import ReadingOptions
from textcls_core.errors import DatasetFormatError

CLASSES = {"neg": {"1.txt": b"bad\r\n"}, "pos": {"1.txt": b"good", "2.txt": "caf\u00e9".encode()}}


def test_reading_takes_the_folder_as_the_class(tmp_path):
    table = read_table(save_classes(tmp_path / "data", CLASSES))

    assert columns_of(table) == {
        "text": ["bad", "good", "caf\u00e9"],
        "label": ["neg", "pos", "pos"],
        "file": ["neg/1.txt", "pos/1.txt", "pos/2.txt"],
    }


def test_reading_takes_folders_above_the_classes_as_splits(tmp_path):
    for split in ("train", "val", "test"):
        save_classes(tmp_path / split, CLASSES)

    table = read_table(tmp_path)

    assert columns_of(table)["split"] == [s for s in ("test", "train", "validation") for _ in "123"]
    assert detect(tmp_path).splits == ("test", "train", "validation")


def test_reading_takes_a_class_named_test_for_a_class(tmp_path):
    table = read_table(save_classes(tmp_path, {"test": {"1": b"a"}, "exam": {"1": b"b"}}))

    assert columns_of(table)["label"] == ["exam", "test"]


def test_reading_leaves_out_links_and_hidden_files(tmp_path):
    folder = save_classes(tmp_path / "data", {**CLASSES, ".git": {"x": b"x"}})
    (folder / "pos" / ".DS_Store").write_bytes(b"x")
    (folder / "pos" / "link.txt").symlink_to("/etc/passwd")
    (folder / "linked").symlink_to("/etc")

    assert read_table(folder).num_rows == 3


def test_reading_lists_files_that_cannot_be_read(tmp_path):
    folder = save_classes(tmp_path / "data", {"pos": {"1.txt": b"caf\xe9", "2.txt": b"good"}})

    with pytest.raises(DatasetFormatError, match=r"row 1: pos/1\.txt: bytes that are not in the"):
        read_table(folder)


def test_skipping_leaves_out_files_that_cannot_be_read(tmp_path):
    files = {"1.txt": b"caf\xe9", "2.txt": b"good", "3.txt": b"x" * 4_000_001}
    folder = save_classes(tmp_path / "data", {"pos": files})

    table = read_table(folder, ReadingOptions(skip_bad_rows=True))

    assert (columns_of(table)["text"], len(table.problems)) == (["good"], 2)


def test_reading_uses_the_encoding_of_the_options(tmp_path):
    folder = save_classes(tmp_path / "data", {"pos": {"1.txt": b"caf\xe9"}})

    assert columns_of(read_table(folder, ReadingOptions(encoding="cp1252")))["text"] == [
        "caf\u00e9"
    ]


def test_preview_returns_the_first_texts(tmp_path):
    table = preview(save_classes(tmp_path / "data", CLASSES), num_rows=1)

    assert columns_of(table)["text"] == ["bad"]


@pytest.mark.parametrize("classes", [{}, {"pos": {}}], ids=["no folders", "no files"])
def test_reading_refuses_a_folder_without_texts(tmp_path, classes):
    folder = save_classes(tmp_path, classes)
    (folder / "README.md").write_text("hello")

    with pytest.raises(
        DatasetFormatError, match=r"is a folder without texts in classes\. Expected"
    ):
        read_table(folder)
