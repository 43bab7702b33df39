"""How far the probabilities of a run can be believed, and the temperature that mends them."""

import streamlit as st

from pages._app import baselines_cache, controls, state
from pages._app import evaluation_calibration_cache as cache
from pages._app.evaluation_temperature import show_temperature
from pages._app.text import cells
from textcls_core.charts.evaluation.calibration import (
    FEW,
    FIGURES,
    SHARES,
    TEMPERED,
    class_rows,
    figure_cells,
    reliability_chart,
    reliability_rows,
    share_with_interval,
)
from textcls_core.dataset.text_dataset import Split
from textcls_core.evaluation.calibration import NUM_BINS, Binning, Reliability
from textcls_core.evaluation.calibration_figures import Calibration, gap_in_words
from textcls_core.evaluation.figures import Figures
from textcls_core.evaluation.multi_label import MultiLabelEvaluation
from textcls_core.runs.run import Run
from textcls_core.runs.temperature import shown_temperature
from textcls_core.wording import percent, plural, shorten

ALL = ""
BINNINGS: dict[str, Binning] = {"Equal width": "equal_width", "Equal mass": "equal_mass"}
_TABLE_HEIGHT = 430
_PERCENT = st.column_config.NumberColumn(format="%.1f %%")
_SPLIT_NOTES: dict[Split, str] = {
    "train": "These are the rows the model learned from, where it is surer and more often right "
    "than anywhere else. Judge it by the test rows.",
    "validation": "The temperature is fitted on these very rows, so what it does here flatters it. "
    "Judge it by the test rows.",
}
_READING = (
    "A point on the dashed line means what it says: of the rows where the model says 80 %, 80 % "
    "are right. Below the line it promises too much. Vertical bars are 95 % intervals; small grey "
    f"points have fewer than {FEW}. Calibration says nothing about how often the model is right: "
    "one that always gives every class its share in the data is calibrated and useless."
)


def show_calibration(run: Run, split: Split, figures: Figures) -> None:
    """Show what the model says against what happens, as trained and with a temperature."""
    is_multi = isinstance(figures, MultiLabelEvaluation)
    noun = "label" if is_multi else "row"
    fit, kept = cache.fit(run), run.decision.temperature
    shown = shown_temperature(kept, fit)
    as_trained, changed = (cache.calibration(run, split, one) for one in (1.0, shown))
    st.markdown(_statement(as_trained if kept == 1 else changed, split, is_multi=is_multi))
    _show_cards(as_trained, changed, kept, shown, noun)
    if split in _SPLIT_NOTES:
        st.caption(_SPLIT_NOTES[split])
    show_temperature(run, fit)
    _show_diagrams(run, split, (1.0,) if shown == 1 else (1.0, shown), is_multi=is_multi)
    _show_classes(as_trained, changed, shown, is_multi=is_multi)


def _statement(calibration: Calibration, split: Split, *, is_multi: bool) -> str:
    """Return what a stakeholder should take away, in two sentences."""
    given = calibration.given
    if given is None:
        return f"The model gives no label to any of the {split} rows."
    telling = given.telling_bin
    said, happened = percent(given.confidence), percent(given.accuracy)
    about, share = percent(telling.confidence, 0), share_with_interval(telling)
    gap = gap_in_words(given.gap)
    if is_multi:
        return (
            f"In the {split} rows the model gives {plural(given.num_claims, 'label')}. It says "
            f"{said} on average, and {happened} of them are there: **{gap}**. Where it says about "
            f"{about}, {share} of {plural(telling.count, 'label')} are there."
        )
    return (
        f"On the {plural(given.num_claims, f'{split} row')} the model says {said} on average and "
        f"is right in {happened}: **{gap}**. Where it says about {about}, it is right in {share} "
        f"of {plural(telling.count, 'row')}."
    )


def _show_cards(
    as_trained: Calibration, changed: Calibration, kept: float, shown: float, noun: str
) -> None:
    """Show the figures in use, each beside what the other temperature gives."""
    in_use, other = (as_trained, changed) if kept == 1 else (changed, as_trained)
    where = "as trained" if kept != 1 else f"at T = {shown:.2f}"
    pairs = zip(FIGURES, figure_cells(in_use), figure_cells(other), strict=True)
    controls.metrics(
        [
            (name, value, f"{where}: {beside}" if shown != 1 else "")
            for name, value, beside in pairs
        ],
    )
    whole = in_use.equal_width
    worst = whole.worst_bin
    st.caption(
        "Calibration error (ECE): how far what the model says is from what happens, averaged over "
        f"{NUM_BINS} bins of equal width. On {plural(whole.num_claims, noun)}, chance alone would "
        f"give a perfectly calibrated model about {percent(whole.chance_error)}. The worst bin is "
        f"off by {100 * abs(worst.gap):.1f} points and holds {plural(worst.count, noun)}. "
        "Class by class: the mean of the errors of the classes, every class alike. Gap: what the "
        "model says of its answers minus how often they are right, on average."
    )


def _show_diagrams(
    run: Run, split: Split, temperatures: tuple[float, ...], *, is_multi: bool
) -> None:
    """Show the reliability diagram at each temperature, side by side."""
    label_id, binning = _choose_claims(cache.calibration(run, split, 1.0).label_names, is_multi)
    noun = "label" if is_multi and label_id is None else "row"
    beside = baselines_cache.reliabilities(run, split, label_id, binning)
    places = controls.panels()
    for place, temperature in zip(places, temperatures, strict=False):
        with place:
            _show_diagram(
                cache.reliability_of(run, split, temperature, label_id, binning),
                cache.reliability_of(run, split, temperature, label_id, "equal_width"),
                "As trained" if temperature == 1 else f"Temperature {temperature:.2f}",
                beside,
                noun,
            )
    with places[1] if len(temperatures) == 1 else st.container():
        st.caption(_READING)
        said = f"Grey: baselines, without bins of fewer than {FEW}."
        if note := baselines_cache.note(run, split, said, needs_probabilities=True):
            st.caption(note)


def _choose_claims(names: tuple[str, ...], is_multi: bool) -> tuple[int | None, Binning]:
    """Return whose probabilities are looked at, None for all, and how they are binned."""
    whole = "All labels together" if is_multi else "The predicted class"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = state.choose(
            "calibration_class",
            "Probability of",
            {ALL: whole} | {name: shorten(name, 60) for name in names},
            default=ALL,
        )
        bins = state.choose(
            "calibration_bins",
            "Bins",
            list(BINNINGS),
            default="Equal width",
            draw=st.segmented_control,
        )
    return names.index(chosen) if chosen else None, BINNINGS[bins]


def _show_diagram(
    reliability: Reliability,
    distribution: Reliability,
    heading: str,
    baselines: dict[str, Reliability | None],
    noun: str,
) -> None:
    title = f"{heading}: calibration error {percent(reliability.expected_error)}"
    st.plotly_chart(
        reliability_chart(
            reliability, distribution, title, baselines, noun=noun, theme=state.theme()
        ),
        config=controls.NO_TOOLBAR,
        alt=f"Reliability diagram. {title}",
    )
    controls.table_twin(reliability_rows(reliability, noun), title)


def _show_classes(
    as_trained: Calibration, changed: Calibration, shown: float, *, is_multi: bool
) -> None:
    """Show which classes promise too much or too little, the clearest first."""
    st.subheader("By class", anchor=False)
    rows = class_rows(as_trained, changed)
    names = cells([row["class"] for row in rows])
    if shown == 1:
        rows = [{name: value for name, value in row.items() if name != TEMPERED} for row in rows]
    st.dataframe(
        [{**row, "class": name} for row, name in zip(rows, names, strict=True)],
        hide_index=True,
        height=controls.table_height(len(rows), _TABLE_HEIGHT),
        column_config=dict.fromkeys(SHARES, _PERCENT),
        alt="Calibration error of every class, and what the model says where it gives the class",
    )
    given = "labels it gives" if is_multi else "rows it predicts as the class"
    st.caption(
        "ECE of a class is measured on its probability in all rows, predicted as it or not. "
        f"Given, says, right and the verdict look at the {given}"
        f"{'' if shown == 1 else f', at temperature {shown:.2f}'}. "
        "No clear gap: the 95 % interval of what is right contains what the model says; about one "
        "class in twenty shows a gap by chance. Clear gaps come first."
    )
