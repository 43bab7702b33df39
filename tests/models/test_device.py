"""Tests of the choice of device and number format."""

import pytest
import torch

from textcls_core.models import device
from textcls_core.models.device import Compute, choose_compute, exact_products

PEAKS = {"fp32": 100.0, "bf16": 300.0}
MEASURE = device._measured_gflops


@pytest.fixture
def no_accelerator(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.fixture
def pretended_cuda(monkeypatch):
    """An accelerator that computes like the CPU."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Pretended GPU")
    monkeypatch.setattr(device, "_gradient", lambda weight, _device: weight)


@pytest.fixture(autouse=True)
def pretended_speeds(monkeypatch):
    """Speeds of a pretended machine, so that no test waits for a measurement."""
    monkeypatch.setattr(device, "_measured_gflops", speeds(PEAKS["bf16"], PEAKS["fp32"]))


@pytest.fixture(autouse=True)
def _own_products():
    """Begin with exact products, and put back what a test leaves."""
    with exact_products():
        yield


def speeds(bf16: float, fp32: float):
    return lambda _device, dtype: bf16 if dtype == torch.bfloat16 else fp32


def raising(message: str):
    def function(*_args):
        raise RuntimeError(message)

    return function


def test_choose_compute_takes_the_cpu_when_asked_for():
    compute = choose_compute("cpu", "fp32")

    reasons = ("CPU, as asked for.", "fp32, as asked for.")
    assert compute == Compute("cpu", "fp32", reasons, PEAKS["fp32"])


@pytest.mark.usefixtures("no_accelerator")
def test_choose_compute_without_accelerator_takes_the_cpu():
    compute = choose_compute("auto", "fp32")

    assert compute.device == "cpu"
    assert compute.reasons[0] == "CPU, because no accelerator is present."


@pytest.mark.usefixtures("no_accelerator")
@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_choose_compute_says_that_the_device_asked_for_is_absent(name):
    compute = choose_compute(name, "fp32")

    assert compute.device == "cpu"
    assert compute.reasons[0] == f"CPU, because {name} is unusable: not present."


@pytest.mark.usefixtures("pretended_cuda")
def test_choose_compute_takes_an_accelerator_that_passes_its_check():
    compute = choose_compute("auto", "fp32")

    assert compute.device == "cuda"
    assert compute.reasons[0] == "Pretended GPU, self-check passed."


@pytest.mark.usefixtures("pretended_cuda")
def test_choose_compute_avoids_an_accelerator_that_fails(monkeypatch):
    monkeypatch.setattr(device, "_gradient", raising("no kernel image\nsecond line"))

    compute = choose_compute("auto", "fp32")

    assert compute.device == "cpu"
    assert compute.reasons[0] == "CPU, because cuda is unusable: no kernel image."


@pytest.mark.usefixtures("pretended_cuda")
def test_choose_compute_avoids_an_accelerator_with_other_gradients(monkeypatch):
    monkeypatch.setattr(device, "_gradient", lambda _weight, name: torch.full((1,), len(name) / 2))

    compute = choose_compute("auto", "fp32")

    assert compute.reasons[0] == (
        "CPU, because cuda is unusable: its gradients differ from the CPU's by 0.5."
    )


def test_gradient_of_the_self_check_is_not_zero():
    gradient = device._gradient(torch.eye(4), "cpu")

    assert gradient.abs().max() > 0


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_choose_compute_measures_the_format_asked_for(precision):
    compute = choose_compute("cpu", precision)

    assert compute.precision == precision
    assert compute.reasons == ("CPU, as asked for.", f"{precision}, as asked for.")
    assert compute.peak_gflops == PEAKS[precision]


@pytest.mark.parametrize(
    ("bf16", "expected", "reason"),
    [
        (30.0, "bf16", "bf16 measured at 3.0 times the speed of fp32 here."),
        (12.0, "bf16", "bf16 measured at 1.2 times the speed of fp32 here."),
        (11.0, "fp32", "bf16 measured at 1.1 times the speed of fp32 here."),
        (0.1, "fp32", "bf16 measured at 0.0 times the speed of fp32 here."),
    ],
)
def test_choose_compute_takes_bf16_only_if_it_is_faster(monkeypatch, bf16, expected, reason):
    monkeypatch.setattr(device, "_measured_gflops", speeds(bf16, 10.0))

    compute = choose_compute("cpu", "auto")

    assert compute.precision == expected
    assert compute.reasons[1] == reason
    assert compute.peak_gflops == {"bf16": bf16, "fp32": 10.0}[expected]


@pytest.fixture
def bf16_fails(monkeypatch):
    """A machine that has no matrix products in bfloat16."""

    def measure(_device, dtype):
        if dtype == torch.bfloat16:
            raise RuntimeError("not implemented\nmore")
        return 10.0

    monkeypatch.setattr(device, "_measured_gflops", measure)


@pytest.mark.usefixtures("bf16_fails")
def test_choose_compute_takes_fp32_if_bf16_fails():
    compute = choose_compute("cpu", "auto")

    assert compute.precision == "fp32"
    assert compute.reasons[1] == "fp32, because bf16 fails here: not implemented."
    assert compute.peak_gflops == 10.0


@pytest.mark.usefixtures("bf16_fails")
def test_choose_compute_takes_fp32_if_the_bf16_asked_for_fails():
    compute = choose_compute("cpu", "bf16")

    assert compute.precision == "fp32"
    assert compute.reasons[1] == "fp32, because bf16 fails here: not implemented."


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_measured_gflops_is_a_speed(monkeypatch, dtype):
    monkeypatch.setattr(device, "_PROBE_SECONDS", 0.01)

    assert MEASURE("cpu", dtype) > 0


def test_measured_gflops_counts_two_operations_per_weight_and_row(monkeypatch):
    clock = iter(range(10))
    monkeypatch.setattr(device, "_PROBE_SECONDS", 2)
    monkeypatch.setattr(device.time, "perf_counter", lambda: next(clock))

    assert MEASURE("cpu", torch.float32) == pytest.approx(2 * 512 * 1024 * 1024 / 1e9)


def test_exact_compute_differs_in_the_format_only():
    compute = Compute("cuda", "bf16", ("a", "b"), 5.0)

    assert compute.exact() == Compute("cuda", "fp32", ("a", "b"), 5.0)


def test_compute_on_another_device_makes_the_same_choices():
    compute = Compute("cuda", "bf16", ("a", "b"), 5.0)

    assert compute.on("cuda:1") == Compute("cuda:1", "bf16", ("a", "b"), 5.0)


@pytest.mark.parametrize(("name", "expected"), [("cuda:1", "high"), ("cpu", "highest")])
def test_compute_allows_tf32_in_every_process_that_takes_it_over(name, expected):
    Compute("cuda", "fp32", ()).on(name)

    assert torch.get_float32_matmul_precision() == expected


def test_peak_memory_never_shrinks():
    before = Compute("cpu", "fp32", ()).peak_memory_mb()
    kept = torch.ones(4_000_000)  # 16 MB

    after = Compute("cpu", "fp32", ()).peak_memory_mb()

    assert 10 < before <= after
    assert kept.sum() == 4_000_000


@pytest.mark.parametrize(
    ("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)]
)
def test_compute_autocast_decides_the_format_of_products(precision, dtype):
    matrix = torch.eye(2)

    with Compute("cpu", precision, ()).autocast():
        product = matrix @ matrix

    assert product.dtype == dtype


@pytest.mark.gpu
@pytest.mark.skipif(
    not (torch.cuda.is_available() or torch.backends.mps.is_available()),
    reason="no accelerator on this machine",
)
def test_choose_compute_finds_the_accelerator_of_this_machine():
    compute = choose_compute("auto", "auto")

    assert compute.device in {"cuda", "mps"}


def test_exact_products_are_full_and_leave_the_setting_as_it_was():
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")

    with exact_products():
        inside = torch.get_float32_matmul_precision()

    after = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(before)
    assert (inside, after) == ("highest", "high")
