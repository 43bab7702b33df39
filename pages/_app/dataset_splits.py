"""Splits on the Data page: made anew with a preview, and tested for a shift between them."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import streamlit as st
from pydantic import ValidationError

from pages._app import controls, state
from pages._app.text import escape
from pages._app.version_job import show_version_job, start_version_job
from textcls_core.charts.dataset import new_split_chart
from textcls_core.dataset.diff import split_changes
from textcls_core.dataset.near_duplicates import near_duplicate_groups
from textcls_core.dataset.sampling import sample_version
from textcls_core.dataset.shift import ShiftTest, Verdict, shift_tests
from textcls_core.dataset.splitting import SplitBy, SplitRecipe, resplit
from textcls_core.dataset.store import DatasetInfo, DatasetStore
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.dataset.version_jobs import MAX_ROWS_ON_PAGE, SPLIT_JOB
from textcls_core.errors import TextclsError
from textcls_core.wording import plural

SHIFT_SAMPLE = 200_000
"""Rows that the tests of a shift look at."""
_WAYS: dict[SplitBy, str] = {
    "stratified": "Class shares kept, equal texts together",
    "duplicates": "Near-equal texts together (case, spaces)",
    "near_duplicates": "Near-duplicates together (most words shared)",
    "group": "Groups together (a column)",
    "time": "By time (oldest train, newest test)",
}
_VERDICTS: dict[Verdict, tuple[str, str, str]] = {
    "none": ("no sign of a shift", ":material/check:", "green"),
    "slight": ("slight shift", ":material/info:", "gray"),
    "clear": ("clear shift", ":material/warning:", "orange"),
}
_SPLITTING = "split_job"


def show_split_form(info: DatasetInfo) -> None:
    """Show how to split anew, what it would give, and the button that makes the version."""
    st.subheader("Split anew", anchor=False)
    if show_version_job(_SPLITTING, "Making the new splits", info):
        return
    try:
        recipe = _recipe(info)
    except ValidationError as error:
        message = error.errors()[0]["msg"].removeprefix("Value error, ")
        st.error(escape(f"{message}."), icon=":material/error:")
        return
    if recipe is None:
        st.caption("This data set has no further column to split by. Import one beside the text.")
    elif info.num_examples > MAX_ROWS_ON_PAGE:
        _offer_large_split(info, recipe)
    else:
        _show_preview(info, recipe)


def _recipe(info: DatasetInfo) -> SplitRecipe | None:
    """Return the split described by the form; None if it needs a column and there is none."""
    by: SplitBy = st.selectbox("How", list(_WAYS), format_func=_WAYS.__getitem__, key="splits.by")
    column = None
    if by in {"group", "time"}:
        if not info.extra_columns:
            return None
        column = st.selectbox("Column", info.extra_columns, key="splits.column")
    with st.container(horizontal=True):
        test = st.number_input("Test, %", 0, 90, 15, key="splits.test")
        validation = st.number_input("Validation, %", 0, 90, 15, key="splits.validation")
        seed = st.number_input("Seed", 0, 2**32 - 1, 0, key="splits.seed", disabled=by == "time")
    train = 100 - test - validation
    shares = (train / 100, validation / 100, test / 100)
    return SplitRecipe(by=by, column=column, shares=shares, seed=0 if by == "time" else seed)


@st.cache_resource(max_entries=2, show_spinner="Splitting")
def _resplit(root: str, fingerprint: str, recipe: str) -> TextDataset:
    settings = SplitRecipe.model_validate_json(recipe)
    groups = _near_groups(root, fingerprint) if settings.by == "near_duplicates" else None
    return resplit(DatasetStore(Path(root)).load(fingerprint), settings, groups)


@st.cache_resource(max_entries=2, show_spinner="Looking for near-duplicates")
def _near_groups(root: str, fingerprint: str) -> Any:
    """Return the group of every row; shares and seeds are tried without looking again."""
    return near_duplicate_groups(DatasetStore(Path(root)).load(fingerprint).table["text"])


def _show_preview(info: DatasetInfo, recipe: SplitRecipe) -> None:
    """Show rows per class and split after the new split, and before; store it when asked to."""
    store = state.dataset_store()
    try:
        made = _resplit(str(store.root), info.fingerprint, recipe.model_dump_json())
    except TextclsError as error:
        st.error(escape(str(error)), icon=":material/error:")
        return
    figure = new_split_chart(made.label_names, made.class_counts)
    alt = "Rows per class and split after the new split"
    st.plotly_chart(figure, config=controls.NO_TOOLBAR, key="splits.preview", alt=alt)
    changes = split_changes(state.dataset(info.fingerprint), made)
    controls.table_twin(changes, "Rows per class and split before and after")
    if st.button("Make a new version with this split", type="primary", key="splits.make"):
        _open(store.derive(info, made, recipe.reason), recipe)


def _open(made: DatasetInfo, recipe: SplitRecipe) -> None:
    """Open a version that a split made, or the older one with exactly these rows."""
    is_new = made.reason == recipe.reason
    said = "Made" if is_new else "This split exists already:"
    st.toast(f"{said} version {made.version}.")
    state.set_parameter("dataset", made.dataset_id)
    st.rerun()


def _offer_large_split(info: DatasetInfo, recipe: SplitRecipe) -> None:
    """Let a job split a version that is too large for a preview."""
    st.caption(
        f"{plural(info.num_examples, 'row')} are split in the background, without a preview "
        f"(previews are made up to {MAX_ROWS_ON_PAGE:,} rows). The new version opens when it is "
        "made."
    )
    if st.button("Make a new version with this split", type="primary", key="splits.start"):
        arguments: dict[str, Any] = {
            "fingerprint": info.fingerprint,
            "recipe": recipe.model_dump(mode="json"),
        }
        start_version_job(_SPLITTING, SPLIT_JOB, arguments)
        st.rerun()


@st.cache_data(max_entries=8, show_spinner="Comparing the splits")
def _shift(root: str, fingerprint: str) -> tuple[ShiftTest, ...]:
    store = DatasetStore(Path(root))
    return shift_tests(sample_version(store, store.find(fingerprint), SHIFT_SAMPLE))


def show_shift(info: DatasetInfo) -> None:
    """Show whether validation and test come from the same source as train, when asked to."""
    st.subheader("Do the splits differ", anchor=False)
    st.caption(
        "Tests whether classes, lengths and words of validation and test are those of train. "
        "A test split of another kind says little about the training data, and the other way round."
    )
    asked = state.parameter("shift") == info.dataset_id
    if not asked and not st.button("Compare the splits", key="splits.shift"):
        return
    state.set_parameter("shift", info.dataset_id)
    try:
        tests = _shift(str(state.dataset_store().root), info.fingerprint)
    except TextclsError as error:
        st.error(escape(str(error)), icon=":material/error:")
        return
    if not tests:
        st.caption("There are no two splits with at least 20 rows to compare.")
        return
    with st.container(border=True, gap="small"):
        for test in tests:
            words, icon, color = _VERDICTS[test.verdict]
            st.badge(f"{test.split}, {test.kind}: {words}", icon=icon, color=color)  # type: ignore[arg-type]
            st.caption(escape(test.sentence))
    if info.num_examples > SHIFT_SAMPLE:
        st.caption(f"Looked at {SHIFT_SAMPLE:,} random rows of {info.num_examples:,}.")
    controls.table_twin([asdict(test) for test in tests], "Tests of a shift between the splits")
