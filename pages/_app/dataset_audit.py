"""The view "Audit" of the Data page: run the checks, read the findings, mend what can be mended."""

from contextlib import suppress
from typing import Any

import streamlit as st

from pages._app import controls, state
from pages._app.audit_figures import show_lengths, show_mixes, show_tokens
from pages._app.job_view import show_job
from pages._app.text import badge_label, escape
from pages._app.version_job import show_version_job, start_version_job
from textcls_core.audit.auditing import CHECKS, find_report
from textcls_core.audit.examples import example_rows
from textcls_core.audit.fixing import FIXES, apply_fix, plan_fix
from textcls_core.audit.job import ENTRY, FIX_ENTRY, fix_arguments, job_arguments
from textcls_core.audit.report import AuditReport
from textcls_core.audit.thresholds import THRESHOLDS
from textcls_core.dataset.findings import Finding, Gate
from textcls_core.dataset.store import DatasetInfo
from textcls_core.dataset.version_jobs import MAX_ROWS_ON_PAGE
from textcls_core.errors import NotFoundError, TextclsError
from textcls_core.jobs.job import Job, job_id_of, read_job, start_job
from textcls_core.models.catalogue import EMBEDDED, require_available
from textcls_core.wording import duration, plural

_BADGES: dict[Gate, tuple[str, str, str]] = {
    "fail": (":material/error:", "Fail", "red"),
    "warn": (":material/warning:", "Look", "orange"),
    "pass": (":material/check:", "Pass", "green"),
}
"""Icon, word and colour of each gate."""
_NO_MODEL = "none"
_FIXING = "fix_job"


def show_audit(info: DatasetInfo) -> None:
    """Show the audit of a data set version, or how to run it."""
    _show_parent(info)
    if show_version_job(_FIXING, "Mending the data set", info, forget=("finding",)):
        return
    model = _choose_model()
    report = find_report(state.workspace(), info.fingerprint, model)
    job = _job(info, model)
    if job is not None and job.is_active:
        show_job(job.job_id)
        return
    if job is not None and job.state != "finished":
        show_job(job.job_id)
    if report is None:
        _invite(info, model)
        return
    _show_summary(info, model, report)
    _show_findings(info, report)
    if report.tokens:
        show_tokens(report.tokens)
    show_lengths(report)
    if report.mixes:
        with st.expander("Scripts and languages"):
            show_mixes(report.mixes)
    _show_rules(report)


def _choose_model() -> str | None:
    """Return the model to audit for, from the URL; a refresh keeps it."""
    key = "audit.model"
    value = state.parameter("audit_model", EMBEDDED)
    st.session_state[key] = value
    st.text_input(
        "For the model",
        key=key,
        max_chars=200,
        width=360,
        on_change=_remember_model,
        help=f'"{EMBEDDED}", a folder, a Hugging Face name or the id of a run. With '
        f'"{_NO_MODEL}" only the data are checked.',
    )
    return None if value == _NO_MODEL else value


def _remember_model() -> None:
    value = st.session_state["audit.model"].strip() or _NO_MODEL
    state.set_parameter("audit_model", None if value == EMBEDDED else value)


def _job(info: DatasetInfo, model: str | None) -> Job | None:
    with suppress(NotFoundError):
        return read_job(state.workspace(), job_id_of(ENTRY, job_arguments(info.fingerprint, model)))
    return None


def _invite(info: DatasetInfo, model: str | None) -> None:
    """Say what the audit looks for, with the button that starts it."""
    with st.container(border=True):
        st.subheader("Not audited yet", anchor=False)
        titles = ", ".join(check.title for check in CHECKS.values())
        st.caption(f"{len(CHECKS)} checks: {escape(titles)}. It works on while you look elsewhere.")
        if st.button("Run audit", type="primary", key="audit.run"):
            _start(info, model)


def _start(info: DatasetInfo, model: str | None) -> None:
    try:
        if model:
            require_available(model)
    except TextclsError as error:
        st.error(escape(str(error)), icon=":material/error:")
        return
    start_job(state.workspace(), ENTRY, job_arguments(info.fingerprint, model), again=True)
    st.rerun()


def _show_parent(info: DatasetInfo) -> None:
    """Say where a version came from, with the way back."""
    if info.parent is None:
        return
    with suppress(NotFoundError):
        parent = state.dataset_store().find(info.parent)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(escape(f"Version {info.version}: {info.reason}"))
            if st.button(f"Back to version {parent.version}", icon=":material/undo:"):
                state.set_parameter("dataset", parent.dataset_id)
                st.rerun()


def _show_summary(info: DatasetInfo, model: str | None, report: AuditReport) -> None:
    gates = [finding.gate for finding in report.findings]
    icon, word, color = _BADGES[report.gate]
    counts = f"{gates.count('fail')} failed, {gates.count('warn')} to look at"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(f"Gate: {word.lower()}", icon=icon, color=color)  # type: ignore[arg-type]
        st.caption(
            f"{counts} · {plural(len(report.checks), 'check')} of "
            f"{plural(report.num_rows, 'row')} in {duration(report.total_seconds)}",
            width="stretch",
        )
        if st.button("Run again", key="audit.again", icon=":material/refresh:"):
            _start(info, model)
    for note in report.notes:
        st.caption(escape(note))


def _show_findings(info: DatasetInfo, report: AuditReport) -> None:
    """Show what asks for a look as rows, and the rest folded away."""
    open_kind = state.parameter("finding")
    looked_at = [finding for finding in report.findings if finding.gate != "pass"]
    passed = [finding for finding in report.findings if finding.gate == "pass"]
    if not looked_at:
        st.caption("Nothing asks for a look.")
    for finding in looked_at:
        _show_finding(info, finding, is_open=finding.kind == open_kind)
    if passed:
        with st.expander(
            f"Passed, but worth knowing ({len(passed)})",
            expanded=any(finding.kind == open_kind for finding in passed),
        ):
            for finding in passed:
                _show_finding(info, finding, is_open=finding.kind == open_kind)


def _show_finding(info: DatasetInfo, finding: Finding, *, is_open: bool) -> None:
    icon, word, color = _BADGES[finding.gate]
    with st.container(border=True, key=f"finding-{finding.kind}", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.badge(word, icon=icon, color=color)  # type: ignore[arg-type]
                st.markdown(f"**{escape(_title(finding))}**", width="content")
                st.badge(badge_label(f"{finding.count:,}"), color="gray")
            with st.container(horizontal=True, width="content"):  # stays beside a long title
                _show_buttons(info, finding, is_open=is_open)
        st.markdown(escape(finding.message))
        if is_open:
            _show_rows(info, finding)


def _show_buttons(info: DatasetInfo, finding: Finding, *, is_open: bool) -> None:
    if finding.row_ids or finding.examples:
        label = "Hide" if is_open else "Show"
        wanted = None if is_open else finding.kind
        st.button(label, key=f"show.{finding.kind}", on_click=_open_finding, args=(wanted,))
    if finding.fix is not None:
        _offer_fix(info, finding.kind, finding.fix)


def _offer_fix(info: DatasetInfo, kind: str, fix: str) -> None:
    if fix in FIXES and st.button("Fix…", key=f"fix.{kind}", help=FIXES[fix].title):
        _confirm(info, fix)


def _open_finding(kind: str | None) -> None:
    state.set_parameter("finding", kind)


def _title(finding: Finding) -> str:
    known = THRESHOLDS.get(finding.kind)
    return known.title if known else finding.kind.replace("_", " ").capitalize()


def _show_rows(info: DatasetInfo, finding: Finding) -> None:
    """Show the rows that a finding names, or its examples where it is not about rows."""
    known = THRESHOLDS.get(finding.kind)
    if known:
        st.caption(escape(known.reason))
    if not finding.row_ids:
        st.caption(escape("For example: " + "; ".join(finding.examples)))
        return
    records = _example_rows(info.fingerprint, finding.row_ids)
    if len(records) < finding.count:
        st.caption(f"{len(records):,} of {finding.count:,}")
    st.dataframe(
        records,
        hide_index=True,
        height=min(38 + 35 * len(records), 360),
        column_config={
            "row_id": None,
            "split": st.column_config.TextColumn(width=80),
            "label": st.column_config.TextColumn(width=110),
            "text": st.column_config.TextColumn(width="large"),
        },
        alt=f"Rows of the finding {finding.kind}",
    )
    controls.link_to_rows(info, finding.row_ids)


@st.cache_data(max_entries=32, show_spinner="Reading rows")
def _example_rows(fingerprint: str, row_ids: tuple[str, ...]) -> list[dict[str, Any]]:
    store = state.dataset_store()
    return example_rows(store, store.find(fingerprint), row_ids)


@st.cache_data(max_entries=16, show_spinner="Trying the change")
def _planned(fingerprint: str, fix: str) -> tuple[str, bool]:
    """Return what a fix would change in a sentence, and whether that is nothing."""
    change = plan_fix(state.dataset_store().load(fingerprint), fix)
    return change.summary, change.is_empty


@st.dialog("Make a new version")
def _confirm(info: DatasetInfo, fix: str) -> None:
    """Say what a fix changes before it is made."""
    known = FIXES[fix]
    st.markdown(f"**{known.title}**")
    st.caption(escape(known.explanation))
    if info.num_examples > MAX_ROWS_ON_PAGE:
        _confirm_large(info, fix)
        return
    try:
        summary, is_empty = _planned(info.fingerprint, fix)
    except TextclsError as error:
        st.error(escape(str(error)), icon=":material/error:")
        return
    st.markdown(escape(f"{summary[:1].upper()}{summary[1:]}."))
    st.caption(f"Version {info.version} stays as it is; you can go back to it at any time.")
    if st.button(
        "Make a new version",
        type="primary",
        disabled=is_empty,
        key="fix.confirm",
        on_click=_make_version,
        args=(info, fix),
    ):
        st.toast(st.session_state.pop("audit.said", "Made."))
        st.rerun()  # closes the dialog


def _confirm_large(info: DatasetInfo, fix: str) -> None:
    """Let a job make the fix of a version that is too large to try it first."""
    st.markdown(
        f"{plural(info.num_examples, 'row')} are changed in the background. The new version opens "
        "when it is made, and says how many rows changed."
    )
    st.caption(f"Version {info.version} stays as it is; you can go back to it at any time.")
    if st.button(
        "Make a new version",
        type="primary",
        key="fix.confirm",
        on_click=start_version_job,
        args=(_FIXING, FIX_ENTRY, fix_arguments(info.fingerprint, fix)),
    ):
        st.rerun()  # closes the dialog


def _make_version(info: DatasetInfo, fix: str) -> None:
    """Store what a fix makes, and open it; what to say comes after, as callbacks show nothing."""
    try:
        made = apply_fix(state.dataset_store(), info, fix)
    except TextclsError as error:
        st.session_state["audit.said"] = escape(str(error))
        return
    state.set_parameter("dataset", made.dataset_id)
    state.set_parameter("finding", None)
    st.session_state["audit.said"] = f"Made version {made.version}."


def _show_rules(report: AuditReport) -> None:
    """Show from where on a finding asks for a look, and how long each check took."""
    with st.expander("Where the gates close, and why"):
        st.dataframe(
            [
                {
                    "finding": rule.title,
                    "look from": _share(rule.warn),
                    "fail from": _share(rule.fail),
                    "of": rule.unit,
                    "why": rule.reason,
                }
                for rule in THRESHOLDS.values()
            ],
            hide_index=True,
            column_config={"why": st.column_config.TextColumn(width="large")},
            alt="Thresholds of all findings",
        )
        controls.shares_table(
            [
                {"check": CHECKS[name].title, "seconds": seconds}
                for name, seconds in report.seconds.items()
                if name in CHECKS
            ],
            (),
            "Seconds of each check",
        )


def _share(value: float | None) -> str:
    if value is None:
        return "never"
    if value < 1e-6:
        return "any"
    return f"{value:g}"
