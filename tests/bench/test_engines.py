"""Both engines do the same small job on a tiny model; nothing here is a measurement."""

from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest

from bench.flops import Encoder
from bench.jobs import Engine, OverheadJob, Place, StepJob, TargetJob
from textcls_core.dataset.text_dataset import TextDataset

pytest.importorskip("accelerate", reason="the peers need it")
pytestmark = pytest.mark.slow
CPU = Place(device="cpu", precision="fp32")
BATCHES = [[0, 5, 9, 30], [1, 2, 3, 4], [60, 7, 8, 44]]


@pytest.fixture(autouse=True)
def toy_corpus(monkeypatch: pytest.MonkeyPatch, toy_dataset: TextDataset) -> None:
    """Let every benchmark data set be the toy one."""
    monkeypatch.setattr("bench.data.load", Mock(return_value=toy_dataset))


@pytest.fixture
def job(tiny_model_dir: Path):
    def make(engine: Engine, **changed) -> StepJob:
        facts = {"data": "r8", "max_length": 32, "model_dir": str(tiny_model_dir), "place": CPU}
        return StepJob(engine=engine, batches=BATCHES, warmup_steps=1, **facts, **changed)

    return make


@pytest.fixture
def expected_tokens(toy_dataset: TextDataset, tiny_model_dir: Path) -> int:
    from textcls_core.models.token_lengths import token_lengths

    train = toy_dataset.indices("train")
    rows = train[np.concatenate(BATCHES[1:])]
    return int(token_lengths(toy_dataset.texts(rows), tiny_model_dir).sum())


@pytest.mark.parametrize("engine", ["ours", "p0", "p1", "p2"])
def test_engine_trains_the_texts_it_is_given(job, engine: Engine, expected_tokens: int) -> None:
    from bench import ours, peers

    timing = (ours if engine == "ours" else peers).time_steps(job(engine, batch_size=4))

    assert timing.seconds > 0
    assert timing.work.num_texts == 8
    assert timing.work.tokens == expected_tokens
    assert timing.work.flops <= timing.work.computed_flops


def test_keeping_all_texts_changes_nothing_else(job, expected_tokens: int) -> None:
    from bench import ours

    timing = ours.time_steps(job("ours", batch_size=4, keeps_all_texts=True))

    assert timing.work.tokens == expected_tokens


def test_losses_are_logged_when_asked_for(job) -> None:
    from bench import peers

    timing = peers.time_steps(job("p0", batch_size=4, logs_losses=True))

    assert len(timing.losses) == 3


def test_only_p2_drops_no_attention(job, toy_dataset: TextDataset) -> None:
    from bench import peers

    models = [peers.load(job(engine), toy_dataset)[0] for engine in ("p0", "p1", "p2")]

    dropouts = [model.config.attention_probs_dropout_prob for model in models]
    assert dropouts == [0.1, 0.1, 0.0]


def test_tuned_peers_group_by_length_and_may_use_bf16(job) -> None:
    from bench import peers

    bf16 = Place(device="cpu", precision="bf16")
    plain, tuned = (
        peers.arguments(job(engine).model_copy(update={"place": bf16})) for engine in ("p0", "p1")
    )

    assert not plain["bf16"]
    assert "train_sampling_strategy" not in plain
    assert tuned["bf16"]
    assert tuned["train_sampling_strategy"] == "group_by_length"
    assert tuned["logging_nan_inf_filter"] is False


@pytest.mark.parametrize("engine", ["ours", "p0"])
def test_training_ends_at_the_target(engine: Engine, tiny_model_dir: Path) -> None:
    from bench import ours, peers

    target = TargetJob(
        engine=engine,
        data="r8",
        max_length=32,
        model_dir=str(tiny_model_dir),
        place=CPU,
        num_epochs=2,
        learning_rate=5e-3,
        evaluation_steps=3,
        target=0.01,
    )

    course = (ours if engine == "ours" else peers).train_to_target(target)

    assert [look.step for look in course.looks] == [3]
    assert 0 <= course.looks[0].accuracy <= 1


@pytest.mark.parametrize("engine", ["ours", "p0"])
def test_training_without_target_is_looked_at_once(engine: Engine, tiny_model_dir: Path) -> None:
    from bench import ours, peers

    whole = TargetJob(
        engine=engine,
        data="r8",
        max_length=32,
        model_dir=str(tiny_model_dir),
        place=CPU,
        num_epochs=15,
        learning_rate=5e-3,
        evaluation_steps=0,
    )

    course = (ours if engine == "ours" else peers).train_to_target(whole)

    assert len(course.looks) == 1
    assert course.looks[0].accuracy > 0.5


def test_metrics_are_timed_in_turns(tiny_model_dir: Path) -> None:
    from bench import ours

    overhead = ours.time_metrics(
        OverheadJob(
            engine="ours",
            data="r8",
            max_length=32,
            model_dir=str(tiny_model_dir),
            place=CPU,
            batches=BATCHES,
            warmup_steps=1,
            repeats=2,
        )
    )

    assert len(overhead.live_seconds) == len(overhead.silent_seconds) == 2
    assert overhead.tokens > 0


def test_peak_is_measured_for_the_shapes_of_the_model(tiny_model_dir: Path) -> None:
    from bench.peak import matmul_peak

    width = Encoder.of_model(tiny_model_dir).hidden_size
    peak = matmul_peak(CPU, width, windows=1, window_seconds=0.0)

    assert list(peak.gflops_by_shape) == ["2048x2048x2048", "4096x32x128", "4096x128x32"]
