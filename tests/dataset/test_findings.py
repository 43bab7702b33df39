import pytest
from pydantic import ValidationError

from textcls_core.dataset.findings import Finding, blocker, info, warning


@pytest.mark.parametrize(
    ("make", "severity", "gate"),
    [(info, "info", "pass"), (warning, "warning", "warn"), (blocker, "error", "fail")],
)
def test_finding_has_the_weight_its_maker_names(make, severity, gate):
    finding = make("leaked_texts", 3, "Three.", ("a", "b"))

    assert finding == Finding(
        kind="leaked_texts",
        severity=severity,
        gate=gate,
        count=3,
        message="Three.",
        examples=("a", "b"),
    )


def test_finding_survives_a_json_round_trip():
    finding = warning("leaked_texts", 3, "Three.", ("a",))

    assert Finding.model_validate_json(finding.model_dump_json()) == finding


def test_finding_refuses_unknown_fields():
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Finding.model_validate({**info("a", 1, "b").model_dump(), "color": "red"})
