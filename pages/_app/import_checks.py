"""The last steps of the import wizard: checks with their fixes, and storing the data set."""

import streamlit as st

from pages._app import controls, import_state, state
from pages._app.import_background import checked_in_background, import_in_background
from pages._app.import_columns import column_choice, label_format, split_plan
from pages._app.import_file import reading_options
from pages._app.text import escape, show_text
from textcls_core.dataset.audit import MIN_ROWS_PER_CLASS
from textcls_core.dataset.findings import Finding
from textcls_core.dataset.import_fixes import FIXES, FIXES_OF, TITLES, Fix, parse_fixes
from textcls_core.dataset.import_jobs import ImportSummary
from textcls_core.dataset.import_request import ImportRequest
from textcls_core.dataset.importing import ImportPlan
from textcls_core.errors import InvalidArgumentError
from textcls_core.wording import percent, plural

_ICONS = {"info": ":material/info:", "warning": ":material/warning:", "error": ":material/error:"}
_ORDER = ("error", "warning", "info")
_WORDS = {"info": "Note", "warning": "Look at this", "error": "Blocks training"}


def import_plan() -> ImportPlan:
    """Return everything that was entered."""
    file = import_state.source("main")
    return ImportPlan(
        columns=column_choice(),
        labels=label_format(),
        splits=split_plan(),
        fixes=parse_fixes(import_state.get("fixes", [])),
        rare_below=import_state.get("rare_below", MIN_ROWS_PER_CLASS),
        unescape_formulas=file is not None and import_state.is_spreadsheet(file, reading_options()),
    )


def import_request() -> ImportRequest:
    """Return the files that were chosen with everything that was entered."""
    return import_state.request(reading_options(), import_plan())


def _summary(request: ImportRequest) -> ImportSummary | None:
    """Return what a request gives; None while a job finds out, which is shown then."""
    if request.is_large:
        return checked_in_background(request)
    return ImportSummary.of(import_state.imported(request))


def show_checks() -> bool:
    """Show what was noticed, each with what can be done about it."""
    summary = _summary(import_request())
    if summary is None:
        return False
    controls.metrics(
        [
            ("Rows", f"{summary.num_examples:,}", "kept"),
            ("Classes", f"{len(summary.label_names):,}", summary.task.replace("_", "-")),
            *(
                (split.capitalize(), f"{count:,}", percent(count / summary.num_examples))
                for split, count in summary.split_counts.items()
            ),
        ]
    )
    _show_fixes()
    worst_first = sorted(summary.findings, key=lambda finding: _ORDER.index(finding.severity))
    for number, finding in enumerate(worst_first):
        _show_finding(number, finding)
    return True


def _show_fixes() -> None:
    """Show what is being put right, each with a way back."""
    left, right = controls.panels(vertical_alignment="bottom")
    with left:
        st.number_input(
            "A class is rare with fewer rows than",
            1,
            100_000,
            key=import_state.key("rare_below", MIN_ROWS_PER_CLASS),
        )
    with right:
        for fix in parse_fixes(import_state.get("fixes", [])):
            if st.button(f"Undo: {TITLES[fix]}", key=f"import.undo.{fix}", icon=":material/undo:"):
                _set_fix(fix, wanted=False)


def _show_finding(number: int, finding: Finding) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"{_ICONS[finding.severity]} **{_WORDS[finding.severity]}** "
                f"{escape(finding.message)}"
            )
            for fix in FIXES_OF.get(finding.kind, ()):
                if st.button(TITLES[fix], key=f"import.fix.{number}.{fix}"):
                    _set_fix(fix, wanted=True)
        if finding.examples:
            show_text("For example: " + "; ".join(finding.examples))


def _set_fix(fix: Fix, *, wanted: bool) -> None:
    """Add a fix, in place of one that excludes it, or take it away."""
    fixes = [known for known in import_state.get("fixes", []) if known != fix]
    if wanted:
        fixes = [*(known for known in fixes if _get_along(known, fix)), fix]
    import_state.put("fixes", [known for known in FIXES if known in fixes])
    st.rerun()


def _get_along(one: str, other: str) -> bool:
    try:
        return bool(parse_fixes([one, other]))
    except InvalidArgumentError:
        return False


def show_save() -> bool:
    """Ask for a name and store the data set; blocking problems need a second thought."""
    request = import_request()
    summary = _summary(request)
    if summary is None:
        return False
    with st.container(border=True):
        name = st.text_input(
            "Name",
            key=import_state.key("name", request.files[0].name.rsplit(".", 1)[0] or "data"),
            max_chars=80,
        )
        _show_blocking(summary, asks=request.plan.labels.kind != "none")
        anyway = request.plan.labels.kind == "none" or bool(import_state.get("anyway"))
        is_blocked = bool(summary.blocking) and not anyway
        if st.button("Import", type="primary", disabled=is_blocked):
            if request.is_large:
                import_in_background(request, name, anyway=anyway)
            else:
                _store(request, name)
    return False


def _show_blocking(summary: ImportSummary, *, asks: bool) -> None:
    """Say what keeps the rows from being trained on, and ask whether to import them all the same.

    Args:
        summary: What the import gives.
        asks: Whether that is news; not where somebody said that there are no labels.
    """
    classes = plural(len(summary.label_names), "class", "classes")
    st.markdown(f"{plural(summary.num_examples, 'row')}, {classes}")
    if not summary.blocking:
        return
    for finding in summary.blocking:
        show = st.error if asks else st.info
        show(escape(finding.message), icon=":material/error:" if asks else ":material/info:")
    if not asks:
        return
    st.checkbox(
        "Import it all the same, to look at it; it cannot be trained on",
        key=import_state.key("anyway", False),
    )


def _store(request: ImportRequest, name: str) -> None:
    """Store the data set and open it."""
    imported = import_state.imported(request)
    reason = request.reason
    info = state.dataset_store().save(imported.dataset, name, reason, imported.findings)
    import_state.put("done", True)
    import_state.forget_imported()
    state.set_parameter("dataset", info.dataset_id)
    for parameter in ("view", "step", import_state.IMPORT):
        state.set_parameter(parameter, None)
    is_new = info.reason == reason
    st.toast(f"{'Imported' if is_new else 'Imported before'} as {escape(info.name)}.")
    st.rerun()
