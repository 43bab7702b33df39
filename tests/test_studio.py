"""Tests of the start script: what it installs, what it runs, what it returns."""

import subprocess
import sys
from collections import namedtuple
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

import studio

Version = namedtuple("Version", "major minor micro releaselevel serial")


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A project folder with requirement files and an environment that has Python."""
    (tmp_path / "requirements.txt").write_text("streamlit\n")
    (tmp_path / "requirements-dev.txt").write_text("-r requirements.txt\npytest\n")
    environment = tmp_path / ".venv"
    (environment / "bin").mkdir(parents=True)
    (environment / "bin" / "python").touch()
    (environment / "bin" / "pip").touch()
    monkeypatch.setattr(studio, "ROOT", tmp_path)
    monkeypatch.setattr(studio, "ENVIRONMENT", environment)
    monkeypatch.setattr(studio, "BIN", environment / "bin")
    monkeypatch.setattr(studio, "PYTHON", environment / "bin" / "python")
    return tmp_path


@pytest.fixture
def started(root, monkeypatch):
    """Command lines that were started, without the Python before them; all of them succeed."""
    commands = []

    def start(command, **options):
        commands.append(SimpleNamespace(arguments=command[1:], python=command[0], **options))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(studio.subprocess, "run", start)
    return commands


@pytest.fixture
def installed(root):
    """Everything is installed already."""
    for name in ("requirements.txt", "requirements-dev.txt"):
        wanted = "\n".join((root / file).read_text() for file in studio.requirement_files(name))
        (root / ".venv" / f"installed-{name}").write_text(wanted)


def call(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["studio.py", *arguments])
    return studio.main()


def lines(started):
    """Return what was started, one line each."""
    return [" ".join(map(str, command.arguments)) for command in started]


def fail_with(monkeypatch, codes):
    """Let commands that have these words end with these exit codes, and all others well."""

    def end(command, **_):
        line = " ".join(map(str, command[1:]))
        return SimpleNamespace(returncode=next((codes[word] for word in codes if word in line), 0))

    run = Mock(side_effect=end)
    monkeypatch.setattr(studio.subprocess, "run", run)
    return run


@pytest.mark.parametrize(
    ("requirements", "files"),
    [
        ("requirements.txt", ["requirements.txt"]),
        ("requirements-dev.txt", ["requirements-dev.txt", "requirements.txt"]),
    ],
)
def test_requirement_files_are_those_that_decide(requirements, files):
    assert studio.requirement_files(requirements) == files


def test_requirement_files_exist():
    missing = [
        name
        for name in studio.requirement_files("requirements-dev.txt")
        if not (studio.ROOT / name).exists()
    ]

    assert missing == []


def test_app_is_the_command_without_arguments(started, installed, monkeypatch):
    monkeypatch.delenv("CI", raising=False)

    assert call(monkeypatch) == 0
    assert lines(started) == ["-m streamlit run streamlit_app.py --server.headless=false"]


def test_app_opens_no_browser_in_ci(started, installed, monkeypatch):
    monkeypatch.setenv("CI", "true")

    call(monkeypatch, "app")

    assert lines(started) == ["-m streamlit run streamlit_app.py"]


def test_app_passes_arguments_on(started, installed, monkeypatch):
    monkeypatch.setenv("CI", "true")

    call(monkeypatch, "app", "--server.port=8600", "--server.headless", "true")

    assert started[0].arguments[-3:] == ["--server.port=8600", "--server.headless", "true"]


def test_app_runs_in_the_project_with_its_own_python(started, installed, root, monkeypatch):
    call(monkeypatch)

    assert started[0].python == root / ".venv" / "bin" / "python"
    assert started[0].cwd == root
    assert started[0].env["PATH"].startswith(str(root / ".venv" / "bin"))


def test_app_returns_the_exit_code(root, installed, monkeypatch):
    fail_with(monkeypatch, {"streamlit": 7})

    assert call(monkeypatch) == 7


def test_app_interrupted_by_the_keyboard_ends_well(root, installed, monkeypatch):
    monkeypatch.setattr(studio.subprocess, "run", Mock(side_effect=KeyboardInterrupt))

    assert call(monkeypatch) == 0


def test_check_runs_every_tool_the_tests_and_the_types_last(started, installed, monkeypatch):
    assert call(monkeypatch, "check") == 0

    tools = [line.split()[1] for line in lines(started)]
    assert tools[:3] == ["ruff", "ruff", "from"]
    assert sorted(tools[3:]) == ["mypy", "pytest"]


def test_check_passes_arguments_on_to_the_tests(started, installed, monkeypatch):
    call(monkeypatch, "check", "-m", "not slow", "-x")

    tests = next(command for command in started if "pytest" in command.arguments)
    assert tests.arguments[-3:] == ["-m", "not slow", "-x"]


@pytest.mark.parametrize(
    ("codes", "code", "calls"),
    [
        ({"ruff format": 1}, 1, 1),
        ({"ruff check": 3}, 3, 2),
        ({"importlinter": 4}, 4, 3),
        ({"mypy": 5}, 5, 5),
        ({"pytest": 6}, 6, 5),
        ({"pytest": 6, "mypy": 5}, 6, 5),
        ({}, 0, 5),
    ],
)
def test_check_returns_the_first_failure(root, installed, monkeypatch, codes, code, calls):
    run = fail_with(monkeypatch, codes)

    assert call(monkeypatch, "check") == code
    assert run.call_count == calls


@pytest.mark.parametrize(
    ("command", "requirements"), [("app", "requirements.txt"), ("check", "requirements-dev.txt")]
)
def test_requirements_are_installed_before_the_first_start(
    started, root, monkeypatch, command, requirements
):
    call(monkeypatch, command)

    assert lines(started)[0].startswith("-m pip install")
    assert lines(started)[0].endswith(f"-r {requirements}")
    assert started[0].check is True
    assert lines(started)[1].startswith("-m compileall")
    assert (root / ".venv" / f"installed-{requirements}").exists()


def test_requirements_are_not_installed_twice(started, root, monkeypatch):
    call(monkeypatch)
    call(monkeypatch)

    assert sum("pip install" in line for line in lines(started)) == 1


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_are_installed_again_when_they_change(
    started, installed, root, monkeypatch, name
):
    (root / name).write_text("changed\n")

    call(monkeypatch, "check")

    assert "pip install" in lines(started)[0]


def test_requirements_that_failed_to_install_are_tried_again(root, monkeypatch):
    error = subprocess.CalledProcessError(1, "pip")
    monkeypatch.setattr(studio.subprocess, "run", Mock(side_effect=error))

    assert call(monkeypatch) == 1
    assert not (root / ".venv" / "installed-requirements.txt").exists()


def test_environment_is_made_when_there_is_none(started, root, monkeypatch):
    (root / ".venv" / "bin" / "pip").unlink()
    monkeypatch.setattr(studio.shutil, "rmtree", Mock())

    call(monkeypatch)

    assert started[0].python == sys.executable
    assert lines(started)[0] == f"-m venv {root / '.venv'}"


def test_environment_is_kept_when_there_is_one(started, root, monkeypatch):
    call(monkeypatch)

    assert not any("-m venv" in line for line in lines(started))


def test_failed_installation_is_a_message(root, monkeypatch, capsys):
    error = subprocess.CalledProcessError(1, ["python", "-m", "pip"])
    monkeypatch.setattr(studio.subprocess, "run", Mock(side_effect=error))

    assert call(monkeypatch) == 1
    assert "This command failed, see above: python -m pip" in capsys.readouterr().err


def test_older_python_is_refused_with_a_message(started, monkeypatch, capsys):
    monkeypatch.setattr(sys, "version_info", Version(3, 10, 14, "final", 0))

    assert call(monkeypatch) == 2
    assert capsys.readouterr().err == "TextCLS Studio needs Python 3.11 or newer.\n"
    assert started == []


def test_python_3_11_is_enough(started, installed, monkeypatch):
    monkeypatch.setattr(sys, "version_info", Version(3, 11, 0, "final", 0))

    assert call(monkeypatch) == 0


def test_unknown_command_is_refused(started, monkeypatch, capsys):
    with pytest.raises(SystemExit) as stop:
        call(monkeypatch, "dance")

    assert stop.value.code == 2
    assert "invalid choice: 'dance'" in capsys.readouterr().err


def test_help_names_the_commands(monkeypatch, capsys):
    with pytest.raises(SystemExit) as stop:
        call(monkeypatch, "--help")

    assert stop.value.code == 0
    assert "{app,check}" in capsys.readouterr().out
