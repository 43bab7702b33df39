"""The filters of the Inspect view: what the URL asks for, and the fields that change it."""

from collections.abc import Iterable, Mapping, Sequence

import streamlit as st

from pages._app import mistakes_cache, state
from pages._app.mistakes_cache import Key
from pages._app.mistakes_link import FILTERS, MORE_FILTERS, clear_filters
from pages._app.number_range import read_range, show_range
from textcls_core.dataset.row_filter import Range
from textcls_core.mistakes.causes.found import CAUSES
from textcls_core.mistakes.example_filter import (
    CONFIDENCE_BANDS,
    NONE,
    OUTCOME_CODES,
    RANGES,
    ExampleFilter,
    Facets,
    Filtered,
    Sides,
)
from textcls_core.mistakes.order import MEANINGS, ORDERS, Order, parse_order
from textcls_core.wording import capitalised, shorten

_YES, _NO = "yes", "no"
_NOT_COUNTED = (
    "The tokens of these texts were not counted, so the filter by tokens leaves nothing out yet. "
    "Count them under More filters, or clear the filters."
)


def read_filter(names: Sequence[str], sides: Sides, *, has_causes: bool) -> ExampleFilter:
    """Return the filter in the URL; what does not exist here is left out with a note.

    Args:
        names: Classes of the run.
        sides: Marks, slices and lengths of its rows.
        has_causes: Whether causes were looked for. Else no row has one, and a cause remembered
            from another run would hide them all.
    """
    outcome = _known("outcome", "show", OUTCOME_CODES)
    return ExampleFilter(
        outcome=next((known for known in OUTCOME_CODES if known == outcome), "mistakes"),
        true=_known("true", "true class", names),
        predicted=_known("predicted", "predicted class", names),
        ranges=_ranges(sides),
        is_truncated=_truncated(sides),
        cause=_known("cause", "cause", [*CAUSES, NONE] if has_causes else []),
        tag=state.parameter("tag") or None,
        slice_name=_known("in_slice", "slice", _known_slices(sides)),
        text=state.parameter("query"),
        pattern=state.parameter("pattern"),
        only_unreviewed=state.parameter("unreviewed") == _YES,
    )


def _known_slices(sides: Sides) -> list[str]:
    return [name for name, mask in sides.slices.items() if mask is not None]


def _known(name: str, what: str, options: Iterable[str]) -> str | None:
    """Return what the URL says under `name` if it is an option."""
    is_linked = name in st.query_params
    value = state.parameter(name)
    if not value or value in set(options):
        return value or None
    if is_linked:
        state.ignore_parameter(name, what)
    else:  # remembered from another run
        state.set_parameter(name, None)
    return None


def _ranges(sides: Sides) -> tuple[Range, ...]:
    parts = [read_range(name) for name in RANGES if name != "confidence"]
    known = [part for part in parts if part is not None]
    if sides.facts.num_tokens is None:
        if state.parameter("tokens") or state.parameter("cut_off"):
            st.warning(_NOT_COUNTED, icon=":material/warning:")
        known = [part for part in known if part.column != "tokens"]
    sure = _confidence()
    return (*known, *([sure] if sure else []))


def _confidence() -> Range | None:
    """Return the range of the confidence in the URL, which has it in percent."""
    text = state.parameter("sure")
    low, dash, high = text.partition("-")
    try:
        ends = int(low), int(high)
    except ValueError:
        ends = (-1, -1)
    if dash and 0 <= ends[0] <= ends[1] <= 100:
        return Range("confidence", ends[0] / 100, ends[1] / 100)
    if text:
        state.ignore_parameter("sure", "confidence")
    return None


def _truncated(sides: Sides) -> bool | None:
    wanted = _known("cut_off", "choice of texts cut off", [_YES, _NO])
    return None if wanted is None or sides.facts.is_truncated is None else wanted == _YES


def read_order(can_forget: bool) -> Order:
    """Return the order in the URL.

    Args:
        can_forget: Whether the rows can be sorted by forgetting.
    """
    known = [name for name in ORDERS if can_forget or name != "forgetting"]
    return parse_order(_known("order", "sort by", known) or "loss")


def show_filters(filtered: Filtered, key: Key, can_forget: bool) -> None:
    """Show the fields of the filter with how many rows each choice would leave.

    Args:
        filtered: What the filter in the URL keeps.
        key: What the rows depend on.
        can_forget: Whether they can be sorted by forgetting.
    """
    facets = filtered.facets
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        state.choose("outcome", "Show", _counted(facets["outcome"]),
                     default="mistakes", width=150)  # fmt: skip
        for name, title in (("true", "True class"), ("predicted", "Predicted class")):
            state.choose(name, title, {"": "Any", **_by_count(facets[name])}, default="", width=130)
        if key.triage:
            state.choose("cause", "Likely cause", _causes(facets), default="", width=160)
        state.search("query", "Text contains", width=140, help=_QUERY_HELP)
        _show_order(can_forget)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        number = sum(bool(state.parameter(name)) for name in MORE_FILTERS)
        title = f"More filters ({number})" if number else "More filters"
        with st.popover(title, icon=":material/tune:", key="mistakes.more"):
            _show_more(filtered, key)
        is_clear = not any(state.parameter(name) for name in FILTERS)
        st.button("Clear filters", key="mistakes.clear", on_click=clear_filters, disabled=is_clear,
                  type="tertiary")  # fmt: skip


_QUERY_HELP = 'All of these words or parts of words; "a phrase" between quotation marks.'


def _show_order(can_forget: bool) -> None:
    orders = {name: title for name, title in ORDERS.items() if can_forget or name != "forgetting"}
    parts = [f"**{title}.** {MEANINGS[name]}" for name, title in orders.items()]
    if not can_forget:
        parts.append(
            "Forgetting comes with the training rows of a run that recorded what it learned of "
            "each row (the setting record_dynamics)."
        )
    state.choose("order", "Sort by", orders, default="loss", width=180, help="\n\n".join(parts))


def _show_more(filtered: Filtered, key: Key) -> None:
    """Show the filters that are needed less often."""
    facets, sides = filtered.facets, filtered.sides
    left, right = st.columns(2)
    with left:
        state.choose("sure", "Confidence", _confidences(facets), default="")
        _show_range("loss", "Loss", filtered)
        _show_range("words", "Words of the text", filtered, step=1)
        _show_tokens(filtered, key)
    with right:
        counts = facets["tag"]
        tag = state.parameter("tag")
        tags = {"": "Any", NONE: f"No tag · {counts[NONE]:,}", **_by_count(counts, hidden=NONE)}
        if tag and tag not in tags:
            tags[tag] = _with_count(shorten(tag, 40), 0)
        state.choose("tag", "Tag", tags, default="")
        if sides.slices:
            slices = {"": "Any", **_by_count(facets["slice"])}
            state.choose("in_slice", "Saved slice", slices, default="")
        help_text = "A regular expression (RE2). Start it with (?i) to ignore case."
        state.search("pattern", "Pattern", help=help_text)
        not_yet = f"Not yet reviewed · {facets['reviewed']['no']:,}"
        state.choose("unreviewed", "Reviewed", {"": "Any", _YES: not_yet}, default="")


def _show_range(name: str, title: str, filtered: Filtered, step: float | None = None) -> None:
    """Show the ends of a range, and among which numbers it chooses."""
    show_range(name, title, step)
    extent = filtered.extent(name)
    if extent is None:
        return
    low, high = (f"{end:,.0f}" if step else f"{end:.2f}" for end in extent)
    inside, among = (int(mask.sum()) for mask in (filtered.kept, filtered.passing_others(name)))
    st.caption(f"{inside:,} of {among:,} rows, which have {low} to {high}")


def _show_tokens(filtered: Filtered, key: Key) -> None:
    """Show what is known of tokens, or offer to count them."""
    if filtered.sides.facts.num_tokens is None:
        if not mistakes_cache.can_count(key):
            st.caption("The model of this run has no tokenizer, so tokens cannot be counted.")
            return
        st.caption("The tokens of these texts were not counted yet.")
        if st.button("Count tokens", icon=":material/straighten:", key="mistakes.count"):
            with st.spinner("Counting the tokens of all texts"):
                mistakes_cache.count_tokens(key)
            st.rerun()
        return
    _show_range("tokens", "Tokens of the text", filtered, step=1)
    counts = filtered.facets["truncated"]
    choices = {
        "": "Any",
        _YES: _with_count("Cut off by the model", counts["yes"]),
        _NO: _with_count("Read whole", counts["no"]),
    }
    state.choose("cut_off", "Read by the model", choices, default="")


def _counted(counts: Mapping[str, int]) -> dict[str, str]:
    return {
        name: _with_count(capitalised(name.replace("-", " ")), count)
        for name, count in counts.items()
    }


def _by_count(counts: Mapping[str, int], hidden: str = "") -> dict[str, str]:
    """Return names with their counts; what would leave no row stands last."""
    ordered = sorted(counts, key=lambda name: not counts[name])
    return {
        name: _with_count(shorten(name, 40), counts[name]) for name in ordered if name != hidden
    }


def _causes(facets: Facets) -> dict[str, str]:
    counts = facets["cause"]
    known: dict[str, str] = {
        name: _with_count(words.title, counts.get(name, 0)) for name, words in CAUSES.items()
    }
    return {"": "Any", **known, NONE: _with_count("No cause found", counts[NONE])}


def _confidences(facets: Facets) -> dict[str, str]:
    counts = facets["confidence"]
    options = {"": "Any"}
    for low, high in CONFIDENCE_BANDS[1:]:
        words = f"{low} % or more" if high == 100 else f"{high} % or less"
        options[f"{low}-{high}"] = _with_count(words, counts[f"{low}-{high}"])
    wanted = state.parameter("sure")
    if wanted and wanted not in options:
        options[wanted] = f"{wanted} %"
    return options


def _with_count(name: str, count: int) -> str:
    return f"{name} · {count:,}"
