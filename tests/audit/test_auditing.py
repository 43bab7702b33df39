import json

import pytest

from tests.audit.cases import by_kind, make
from textcls_core.audit import auditing
from textcls_core.audit.auditing import CHECKS, audit, chosen_checks, find_report
from textcls_core.audit.job import ENTRY, job_arguments, run_job
from textcls_core.audit.report import report_file
from textcls_core.audit.thresholds import THRESHOLDS
from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import InvalidArgumentError, NotFoundError
from textcls_core.files import read_json, write_json
from textcls_core.jobs.progress import JobCancelledError

BROKEN = [
    *("same text", "same text", "x@y.org wrote", "cafÃ© au lait", "a<br>b", "lost \ufffd"),
    *(f"words of row {n} here" for n in range(12)),
]
SPLITS = ["train", "test", "validation"] * 6


@pytest.fixture
def broken(workspace) -> str:
    """Store a data set with faults; give its fingerprint."""
    dataset = make(BROKEN, [0, 1] * 9, SPLITS)
    return DatasetStore.open(workspace).save(dataset, "broken", "made for this test").fingerprint


def test_audit_reports_the_worst_first(workspace, broken):
    report = audit(workspace, broken)

    gates = [finding.gate for finding in report.findings]
    assert report.gate == "fail"
    assert gates == sorted(gates, key=["fail", "warn", "pass"].index)
    assert {"leaked_texts", "conflicting_labels", "personal_mail", "wrong_encoding"} <= set(
        by_kind(report.findings)
    )
    assert {"html_remnants", "lost_characters"} <= set(by_kind(report.findings))
    assert set(report.seconds) == set(report.checks) == set(chosen_checks(None, None))


def test_audit_of_good_data_passes(workspace):
    report = audit(workspace, "toy", kinds=["classes", "conflicts", "encoding", "personal"])

    assert report.findings == ()
    assert report.gate == "pass"


def test_audit_for_a_model_says_what_it_would_not_see(workspace, tiny_model_dir):
    report = audit(workspace, "toy", str(tiny_model_dir))

    assert report.tokens.costs[-1].max_length == 128
    assert [summary.unit for summary in report.lengths] == ["characters", "words", "tokens"]
    assert {"tokens", "embeddings"} <= set(report.seconds)
    assert report.notes == ()


def test_audit_of_many_rows_embeds_a_sample_and_says_so(workspace, tiny_model_dir, monkeypatch):
    monkeypatch.setattr(auditing, "MAX_EMBEDDED", 50)

    report = audit(workspace, "toy", str(tiny_model_dir), kinds=["embeddings"])

    assert report.notes == (
        "Outliers and class overlap were looked for in 50 of 162 rows, the ones that are embedded.",
    )


def test_audit_takes_several_labels_per_row(workspace, topics_dataset, tiny_model_dir):
    stored = DatasetStore.open(workspace).save(topics_dataset, "topics", "made for this test")

    report = audit(workspace, stored.fingerprint, str(tiny_model_dir))

    assert set(report.seconds) == set(CHECKS)


@pytest.mark.parametrize(
    "dataset",
    [
        make(["one row"], names=("a",)),
        make(["", " ", "\ufffd"], [0, 0, 0]),
        make(["x", "y"], [[], []], task="multi_label", names=()),
        make(["你好" * 9, "مرحبا بالعالم", "😀😀"], [0, 1, 0], ["train", "test", "validation"]),
        make(["a" * 100_000, "=1+1", "<script>alert(1)</script>"], [0, 1, 1]),
        make([], []),
    ],
    ids=["one row", "nothing in it", "no label", "other scripts", "hostile", "no row"],
)
def test_audit_takes_odd_data(workspace, tiny_model_dir, dataset):
    stored = DatasetStore.open(workspace).save(dataset, "odd", "made for this test")

    report = audit(workspace, stored.fingerprint, str(tiny_model_dir))

    assert report.num_rows == dataset.num_examples


def test_audit_is_kept_and_found_again(workspace, broken, monkeypatch):
    first = audit(workspace, broken)
    monkeypatch.setattr(auditing, "_run", None)

    assert audit(workspace, broken) == first
    assert find_report(workspace, broken, None) == first
    assert find_report(workspace, broken, "minilm") is None


def test_a_report_of_another_version_of_the_app_is_made_again(workspace, broken):
    first = audit(workspace, broken, kinds=["html"])
    file = report_file(workspace, broken, None, ["html"])
    write_json(file, read_json(file) | {"recipe": 0})

    assert audit(workspace, broken, kinds=["html"]).findings == first.findings


def test_kinds_may_be_checks_or_findings(workspace, broken):
    by_check = audit(workspace, broken, kinds=["encoding"])
    by_finding = audit(workspace, broken, kinds=["lost_characters"])

    assert set(by_kind(by_check.findings)) == {"wrong_encoding", "lost_characters"}
    assert set(by_kind(by_finding.findings)) == {"lost_characters"}
    assert by_finding.checks == ("encoding",)


def test_an_unknown_kind_is_explained(workspace):
    with pytest.raises(InvalidArgumentError, match='"nope" is not something the audit looks for'):
        audit(workspace, "toy", kinds=["nope"])


def test_a_kind_that_needs_a_model_says_so(workspace):
    with pytest.raises(InvalidArgumentError, match=r'"cut_off_texts" needs a model\. Name one'):
        audit(workspace, "toy", kinds=["cut_off_texts"])


def test_an_unknown_data_set_is_explained(workspace):
    with pytest.raises(NotFoundError, match='Data set "nope" does not exist'):
        audit(workspace, "nope")


def test_progress_rises_to_one_hundred_and_names_every_check(workspace, broken):
    told = []
    audit(workspace, broken, progress=lambda *report: told.append(report))

    shares = [done for done, _, _ in told]
    titles = {message.split(":")[0] for *_, message in told}
    assert shares == sorted(shares)
    assert told[-1] == (100, 100, "Done")
    assert {CHECKS[name].title for name in chosen_checks(None, None)} <= titles


def test_a_cancelled_audit_keeps_nothing(workspace, broken):
    def stop(done: int, total: int, message: str) -> None:
        if message == "Lengths":
            raise JobCancelledError

    with pytest.raises(JobCancelledError):
        audit(workspace, broken, progress=stop)

    assert find_report(workspace, broken, None) is None


def test_the_job_leaves_its_report_where_the_page_looks(workspace, broken):
    run_job(workspace, job_arguments(broken, None), lambda *_: None)

    assert f"{run_job.__module__}:run_job" == ENTRY
    assert find_report(workspace, broken, None).num_rows == 18


def test_nothing_personal_is_in_the_report(workspace, broken):
    audit(workspace, broken)

    kept = json.dumps([read_json(file) for file in workspace.cache_dir.glob("audits/*.json")])
    assert "x@y.org" not in kept
    assert "[EMAIL]" in kept


def test_every_threshold_belongs_to_a_check_and_every_graded_kind_has_one():
    kinds = {kind for check in CHECKS.values() for kind in check.kinds}
    from_import = set(CHECKS["classes"].kinds)

    assert set(THRESHOLDS) == kinds - from_import
    assert all(rule.reason.endswith(".") for rule in THRESHOLDS.values())
