"""Tests of the choice of device and number format."""

import pytest
import torch

from textcls_core.models import device
from textcls_core.models.device import Compute, choose_compute


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


def speeds(bf16: float, fp32: float):
    return lambda _device, dtype: bf16 if dtype == torch.bfloat16 else fp32


def raising(message: str):
    def function(*_args):
        raise RuntimeError(message)

    return function


def test_choose_compute_takes_the_cpu_when_asked_for():
    compute = choose_compute("cpu", "fp32")

    assert compute == Compute("cpu", "fp32", ("CPU, as asked for.", "fp32, as asked for."))


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


@pytest.mark.parametrize(
    ("bf16", "expected", "reason"),
    [
        (3.0, "bf16", "bf16 measured at 3.0 times the speed of fp32 here."),
        (1.2, "bf16", "bf16 measured at 1.2 times the speed of fp32 here."),
        (1.1, "fp32", "bf16 measured at 1.1 times the speed of fp32 here."),
        (0.01, "fp32", "bf16 measured at 0.0 times the speed of fp32 here."),
    ],
)
def test_choose_compute_takes_bf16_only_if_it_is_faster(monkeypatch, bf16, expected, reason):
    monkeypatch.setattr(device, "_products_per_second", speeds(bf16, 1.0))

    compute = choose_compute("cpu", "auto")

    assert compute.precision == expected
    assert compute.reasons[1] == reason


def test_choose_compute_takes_fp32_if_bf16_does_not_work(monkeypatch):
    monkeypatch.setattr(device, "_products_per_second", raising("not implemented\nmore"))

    compute = choose_compute("cpu", "auto")

    assert compute.precision == "fp32"
    assert compute.reasons[1] == "fp32, because bf16 does not work here: not implemented."


def test_products_per_second_measures_a_speed(monkeypatch):
    monkeypatch.setattr(device, "_PROBE_SECONDS", 0.01)

    speed = device._products_per_second("cpu", torch.float32)

    assert speed > 0


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
