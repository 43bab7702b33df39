"""When a machine is too busy to be measured, and what is recorded about it."""

import argparse
import os
from pathlib import Path
from unittest.mock import Mock

import pytest

from bench import machine
from bench.errors import BenchError
from bench.jobs import Peak, Place, Probe
from bench.machine import Session

OPTIONS = {"model": "minilm", "peer_bf16": False, "settings": {}, "allow_load": True}


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch):
    def pretend(value: float) -> None:
        monkeypatch.setattr(os, "getloadavg", lambda: (value, 0.0, 0.0))

    return pretend


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    def start(*, is_timed: bool = True, **changed) -> Session:
        probe = Probe(device="cpu", precision="fp32", reasons=("bf16 is slower.",))
        monkeypatch.setattr(machine, "locate", lambda name: tmp_path / name)
        monkeypatch.setattr(machine, "run_child", Mock(return_value=probe))
        return Session.begin(argparse.Namespace(**{**OPTIONS, **changed}), is_timed=is_timed)

    return start


def session() -> Session:
    return Session(Path("model"), Place(device="cpu", precision="fp32"), {}, {})


def test_busy_machine_is_refused(load) -> None:
    load(1.51)

    with pytest.raises(BenchError, match=r"at most 1\.5\), found 1\.51.*--allow-load"):
        machine.require_quiet(is_allowed=False)


def test_quiet_machine_is_measured(load) -> None:
    load(1.5)

    assert machine.require_quiet(is_allowed=False) == 1.5


def test_allowed_load_voids_the_figures(load, begin) -> None:
    load(3.0)

    report = begin().report({"r8": {}})

    assert report["machine"]["load_before"] == 3.0
    assert report["machine"]["is_load_allowed"] is True
    assert report["void"] == ["The load average was 3.00 at the start."]


def test_load_does_not_matter_to_figures_without_time(load, begin) -> None:
    load(3.0)

    assert begin(is_timed=False, allow_load=False).voids == []


def test_peers_compute_in_the_faster_format(load, begin) -> None:
    load(0.1)

    assert begin().peer_precision == {"p0": "fp32", "p1": "fp32", "p2": "fp32"}
    assert begin(peer_bf16=True).peer_precision == {"p0": "fp32", "p1": "bf16", "p2": "bf16"}


def test_drift_of_the_peak_voids_the_figures() -> None:
    drifted = session()

    drifted.note_drift(100.0, 89.0)

    assert "from 100 to 89 GFLOP/s" in drifted.voids[0]


def test_small_drift_is_accepted() -> None:
    steady = session()

    steady.note_drift(100.0, 91.0)

    assert steady.voids == []


def test_facts_name_versions_and_threads() -> None:
    facts = machine.machine_facts()

    assert facts["packages"]["torch"]
    assert facts["num_threads"] >= 1
    assert len(facts["commit"]) in {0, 40}


def test_missing_package_is_named_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_PACKAGES", ("no-such-package",))

    assert machine.machine_facts()["packages"] == {"no-such-package": "not installed"}


def test_a_watched_block_is_void_if_the_peak_falls(monkeypatch: pytest.MonkeyPatch) -> None:
    rates = iter((100.0, 80.0))
    monkeypatch.setattr(Session, "encoder", Mock(hidden_size=8))
    monkeypatch.setattr(
        machine, "run_child", lambda *_: Peak(gflops_by_shape={"square": next(rates)})
    )
    watching = session()

    with watching.watched():
        assert watching.voids == []

    assert "from 100 to 80 GFLOP/s" in watching.voids[0]
