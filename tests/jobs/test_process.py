"""Tests of starting a module as a process of its own."""

import subprocess
import sys

from textcls_core.jobs import process
from textcls_core.jobs.process import start_detached
from textcls_core.workspace import APP_DIR


def test_a_module_gets_a_session_and_a_log_of_its_own(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(
        process.subprocess, "Popen", lambda arguments, **options: calls.append((arguments, options))
    )

    start_detached("some.module", tmp_path, tmp_path / "log")

    [(arguments, options)] = calls
    assert arguments == [sys.executable, "-m", "some.module", str(tmp_path)]
    assert options["start_new_session"]
    assert options["stdin"] == subprocess.DEVNULL
    assert options["stdout"].name == options["stderr"].name == str(tmp_path / "log")
    assert options["cwd"] == APP_DIR


def test_output_is_appended_to_the_log(tmp_path):
    (tmp_path / "log").write_text("before\n")

    start_detached("json.tool", tmp_path, tmp_path / "log").wait()

    assert (tmp_path / "log").read_text().startswith("before\n")
    assert len((tmp_path / "log").read_text()) > len("before\n")
