"""Tests of fine-tunings by two real gloo processes, compared with those of one."""

import multiprocessing
import os

import pytest
import torch
from torch.distributed import TCPStore

from tests.training.conftest import copied_weights, largest_gap
from textcls_core.errors import TrainingError
from textcls_core.training import step_log
from textcls_core.training.distributed import Ranks, join, leave

DEADLINE_SECONDS = 180
PLAIN = {"num_train": 40, "exact": True, "batch_size": 4}
ALIKE = {
    "documents": {},
    "tokens": {"tokens_per_step": 80, "num_epochs": 2},
    "an unused pooler": {"pooling": "mean", "packed": True},
    "processes without texts": {"batch_size": 1, "num_train": 3},
}
"""Settings with which two processes do what one does."""


def train(tuner, ranks, disturb=None, **settings):
    """Return what became of a fine-tuning, as plain values and tensors."""
    tuning = tuner.make(ranks=ranks, num_processes=2, **(PLAIN | settings))
    added_up = count_calls(Ranks, "sum_gradients")
    if disturb is not None:
        disturb(tuning, ranks.rank)
    try:
        outcome = tuning.run()
    except TrainingError as error:
        return {"error": str(error)}
    return {
        "added up at the end": len(added_up),
        "losses": tuning.observer.column("train_loss"),
        "norms": tuning.observer.column("gradient_norm"),
        "notes": tuning.observer.notes,
        "best": tuning.observer.best_steps,
        "weights": copied_weights(tuning),
        "end": (outcome.ended_by, outcome.steps, outcome.error),
    }


def count_calls(owner, name):
    """Return a list that gets an entry whenever a method is called from now on."""
    calls, method = [], getattr(owner, name)

    def counted(*arguments):
        calls.append(name)
        return method(*arguments)

    setattr(owner, name, counted)
    return calls


def run_out(tuning, steps):
    """Let memory run out once in each of some steps, in the middle of a backward pass."""
    weights = list(tuning.model.parameters())

    def fail(_gradient):
        step = tuning.progress.step + 1
        if step in steps:
            steps.remove(step)
            assert any(weight.grad is not None for weight in weights)
            raise torch.OutOfMemoryError("CUDA out of memory")

    weights[len(weights) // 2].register_hook(fail)


def run_out_in_turn(tuning, rank):
    run_out(tuning, [[1], [1, 1]][rank])


def run_out_until_nothing_is_left(tuning, rank):
    run_out(tuning, [[], [1, 1, 1, 1, 1]][rank])


def break_loss(tuning, rank, from_step=7):
    """Let one process have no number from a step on; the other one looks at once, it never does."""
    step_log._REPORT_SECONDS = [0.0, 1e9][rank]

    def poison(_module, _inputs, output):
        is_poisoned = rank == 1 and tuning.progress.step + 1 >= from_step
        return output * float("nan") if is_poisoned else output

    tuning.model.classifier.register_forward_hook(poison)


def break_first_loss(tuning, rank):
    break_loss(tuning, rank, from_step=1)


def work(rank, port, tuner, folder):
    """Be one of two processes that train again and again; leave behind what they found."""
    torchrun = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "TORCHELASTIC_USE_AGENT_STORE": 1}
    place = {"RANK": rank, "WORLD_SIZE": 2, "GLOO_SOCKET_IFNAME": "lo"}
    os.environ.update({name: str(value) for name, value in (torchrun | place).items()})
    torch.set_num_threads(1)
    ranks, _ = join("cpu")
    found = {name: train(tuner, ranks, **settings) for name, settings in ALIKE.items()}
    found["out of memory"] = train(tuner, ranks, run_out_in_turn)
    found["not even one text"] = train(tuner, ranks, run_out_until_nothing_is_left)
    found["no number"] = train(tuner, ranks, break_loss, num_epochs=2)
    found["never a number"] = train(tuner, ranks, break_first_loss)
    torch.save(found, folder / f"{rank}.pt")
    leave()


@pytest.fixture(scope="module")
def found(tiny_model_dir, toy_dataset, tmp_path_factory):
    """What each of two processes found, by the name of what they did."""
    from tests.training.conftest import Tuner

    folder = tmp_path_factory.mktemp("ranks")
    store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    spawn = multiprocessing.get_context("spawn")
    tuner = Tuner(tiny_model_dir, toy_dataset)
    processes = [
        spawn.Process(target=work, args=(rank, store.port, tuner, folder)) for rank in range(2)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(DEADLINE_SECONDS)
        process.kill()
    assert [process.exitcode for process in processes] == [0, 0]
    return [torch.load(folder / f"{rank}.pt") for rank in range(2)]


@pytest.fixture
def alone(tuner):
    """Train in one process what two of them trained."""

    def run(**settings):
        tuning, _ = tuner.run(num_processes=2, **(PLAIN | settings))
        return tuning

    return run


@pytest.mark.slow
@pytest.mark.parametrize("name", ALIKE)
def test_two_processes_do_what_one_does(found, alone, name):
    one = alone(**ALIKE[name])

    for rank in found:
        assert largest_gap(rank[name]["weights"], copied_weights(one)) < 1e-6
    assert found[0][name]["losses"] == pytest.approx(one.observer.column("train_loss"), rel=1e-6)
    assert found[0][name]["norms"] == pytest.approx(one.observer.column("gradient_norm"), rel=1e-6)


@pytest.mark.slow
def test_gradients_are_exchanged_during_backward_where_memory_is_known_to_be_enough(found):
    num_steps = found[0]["tokens"]["end"][1]
    for rank in found:
        assert 1 <= rank["tokens"]["added up at the end"] < num_steps - 2


@pytest.mark.slow
def test_processes_that_run_out_of_memory_do_the_same_steps_and_say_so(found, alone):
    one = alone()

    for rank in found:
        assert largest_gap(rank["out of memory"]["weights"], copied_weights(one)) < 1e-6
        assert rank["out of memory"]["end"] == ("go", 5, "")
    assert found[0]["out of memory"]["notes"] == [
        "Memory ran out: micro-batches are now cut into 4 parts, the step is the same."
    ]


@pytest.mark.slow
def test_all_processes_end_when_a_single_text_does_not_fit_in_one(found):
    advice = "Halve batch_size and double gradient_accumulation_steps, or lower max_length."

    errors = [rank["not even one text"] for rank in found]

    assert errors == [{"error": f"Out of memory. {advice}"}] * 2


@pytest.mark.slow
def test_all_processes_stop_with_the_best_model_when_a_loss_is_no_number(found):
    ends = [rank["no number"]["end"] for rank in found]

    assert ends[0] == ends[1]
    assert ends[0][:2] == ("stop", 6)
    assert ends[0][2].startswith("The loss became nan and the gradient norm nan at step 7. ")
    assert ends[0][2].endswith(" The best model until then is kept.")
    assert found[0]["no number"]["best"] == [5]
    assert len(found[0]["no number"]["losses"]) == 6


@pytest.mark.slow
def test_all_processes_fail_when_no_loss_was_ever_a_number(found):
    errors = [rank["never a number"]["error"] for rank in found]

    assert errors[0] == errors[1]
    assert errors[0].startswith("The loss became nan and the gradient norm nan at step 1. ")
