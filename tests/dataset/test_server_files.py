import os

import pytest

from textcls_core.dataset.server_files import (
    import_folder,
    list_server_files,
    resolve_server_path,
)
from textcls_core.errors import InvalidArgumentError
from textcls_core.workspace import Workspace


@pytest.fixture
def workspace(tmp_path, monkeypatch) -> Workspace:
    """Give a workspace with two files to import, and one outside."""
    monkeypatch.delenv("TEXTCLS_DATA", raising=False)
    folder = tmp_path / "home" / "imports"
    (folder / "more").mkdir(parents=True)
    (folder / "a.csv").write_text("a")
    (folder / "more" / "b.csv").write_text("b")
    (tmp_path / "secret.csv").write_text("s")
    return Workspace(tmp_path / "home")


@pytest.mark.parametrize("path", ["a.csv", "more/b.csv", "more", " a.csv ", "more/../a.csv"])
def test_a_path_inside_the_import_folder_is_found(workspace, path):
    found = resolve_server_path(workspace, path)

    assert found == (import_folder(workspace) / path.strip()).resolve()


def test_an_absolute_path_inside_the_import_folder_is_found(workspace):
    path = import_folder(workspace) / "a.csv"

    assert resolve_server_path(workspace, str(path)) == path


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("../../secret.csv", "lies outside the import folder"),
        ("/etc/passwd", "lies outside the import folder"),
        ("/dev/zero", "lies outside the import folder"),
        ("gone.csv", 'does not exist.* Known: "a.csv"'),
        (".", "is neither a file nor a folder of data"),
        ("", "is not a path"),
        ("a\0.csv", "is not a path"),
        ("x" * 5_000, "is not a path"),
        ("x" * 300, "does not exist"),
    ],
)
def test_a_path_that_leads_elsewhere_is_refused(workspace, path, message):
    with pytest.raises(InvalidArgumentError, match=message):
        resolve_server_path(workspace, path)


@pytest.mark.parametrize("target", ["../../secret.csv", "/etc", "/dev/zero"])
def test_a_link_out_of_the_import_folder_is_refused(workspace, target):
    (import_folder(workspace) / "link").symlink_to(target)

    with pytest.raises(InvalidArgumentError, match="lies outside the import folder"):
        resolve_server_path(workspace, "link")


def test_a_link_in_a_circle_is_refused(workspace):
    (import_folder(workspace) / "link").symlink_to("link")

    with pytest.raises(InvalidArgumentError, match="does not exist"):
        resolve_server_path(workspace, "link")


def test_a_fifo_is_refused(workspace):
    os.mkfifo(import_folder(workspace) / "pipe")

    with pytest.raises(InvalidArgumentError, match="is neither a file nor a folder of data"):
        resolve_server_path(workspace, "pipe")


def test_the_environment_names_another_folder(workspace, tmp_path, monkeypatch):
    monkeypatch.setenv("TEXTCLS_DATA", str(tmp_path))

    assert resolve_server_path(workspace, "secret.csv") == tmp_path / "secret.csv"


def test_the_list_shows_files_and_folders_without_links(workspace):
    (import_folder(workspace) / "link").symlink_to("/etc")
    (import_folder(workspace) / ".hidden").write_text("h")

    assert list_server_files(workspace) == ["a.csv", "more", "more/b.csv"]


def test_the_list_is_short(workspace):
    assert list_server_files(workspace, limit=1) == ["a.csv"]


def test_the_list_is_empty_without_the_folder(tmp_path):
    assert list_server_files(Workspace(tmp_path / "nowhere")) == []
