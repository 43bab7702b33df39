"""`bench train` and `bench util`: which blocks are measured, and what becomes of them."""

import argparse
import itertools
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest

from bench import train
from bench.arguments import data_specs
from bench.flops import Encoder, Work
from bench.jobs import Place, StepJob, Timing
from bench.machine import Session

SECONDS = {"ours": 1.0, "p0": 8.0, "p1": 4.0, "p2": 2.0}
WORK = Work(num_texts=2, tokens=100, computed_tokens=125, flops=3e9, computed_flops=4e9)


@pytest.fixture
def options() -> argparse.Namespace:
    return argparse.Namespace(
        data=data_specs("r8"),
        max_len=None,
        peers=["p0", "p1", "p2"],
        steps=3,
        warmup=1,
        repeats=2,
        seed=5,
        grouping="all",
        settings={"packing": "off"},
    )


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[StepJob]:
    """Answer every job from a table of seconds; return the jobs in the order they came."""
    asked: list[StepJob] = []

    def answer(job: StepJob, result: type) -> Timing:
        asked.append(job)
        peaks = (10.0, 9.5) if job.measures_peak else ()
        return Timing(seconds=SECONDS[job.engine], work=WORK, peaks_gflops=peaks)

    session = Session(
        Path("model"),
        Place(device="cpu", precision="bf16"),
        {"p0": "fp32", "p1": "bf16", "p2": "bf16"},
        {},
    )
    lengths = np.arange(1_000) % 100 + 3
    monkeypatch.setattr(train, "run_child", answer)
    monkeypatch.setattr(Session, "begin", Mock(return_value=session))
    monkeypatch.setattr(train.Blocks, "lengths", lengths)
    monkeypatch.setattr(Session, "encoder", Encoder(6, 384, 12 * 6 * 384**2))
    return asked


def test_ratios_are_ours_over_each_peer(options, jobs) -> None:
    figures = train.measure(options)["r8"]

    medians = [figures[f"ratio_{peer}"]["median"] for peer in ("p0", "p1", "p2")]
    assert medians == [8.0, 4.0, 2.0]


def test_figures_have_their_stable_names(options, jobs) -> None:
    figures = train.measure(options)["r8"]

    assert figures["tokens_per_second"] == 100.0
    assert figures["useful_share"] == 0.3
    assert figures["executed_share"] == {"min": 0.4, "median": 0.4, "max": 0.4}
    assert figures["peak_gflops"] == 10.0
    assert figures["pad_share"] == 0.2


def test_blocks_are_interleaved_and_turn_around(options, jobs) -> None:
    train.measure(options)

    engines = [job.engine for job in jobs]
    assert engines == ["ours", "p0", "ours", "p1", "p2", "p2", "p1", "ours", "p0", "ours"]


def test_both_sides_train_the_same_texts(options, jobs) -> None:
    train.measure(options)

    plain, p0, grouped, p1, p2 = (job.batches for job in jobs[:5])
    assert plain == p0
    assert grouped == p1 == p2
    assert plain != grouped
    assert len(plain) == 4


def test_grouping_may_see_the_timed_texts_only(options, jobs) -> None:
    options.grouping = "timed"

    figures = train.measure(options)["r8"]

    plain, grouped = jobs[0].batches, jobs[3].batches
    assert sorted(itertools.chain(*plain)) == sorted(itertools.chain(*grouped))
    assert plain != grouped
    assert figures["grouping"] == "timed"


def test_every_repeat_draws_other_texts(options, jobs) -> None:
    train.measure(options)

    assert jobs[0].batches != jobs[-1].batches


def test_peers_have_their_own_format_and_none_of_our_settings(options, jobs) -> None:
    train.measure(options)

    assert [job.place.precision for job in jobs[:4]] == ["bf16", "fp32", "bf16", "bf16"]
    assert [bool(job.settings) for job in jobs[:4]] == [True, False, True, False]


def test_fewer_peers_need_fewer_blocks(options, jobs) -> None:
    options.peers = ["p0"]

    figures = train.measure(options)["r8"]

    assert [job.engine for job in jobs[:2]] == ["ours", "p0"]
    assert "ratio_p1" not in figures


def test_useful_share_measures_ours_alone(options, jobs) -> None:
    figures = train.measure_useful_share(options)["r8"]

    assert {job.engine for job in jobs} == {"ours"}
    assert figures["useful_share"] == 0.3
    assert figures["num_encoder_weights"] == 10_616_832
    assert figures["precision"] == "bf16"
