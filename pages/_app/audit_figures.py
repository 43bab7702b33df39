"""Figures of an audit: what each length keeps and costs, unknown tokens, lengths."""

from collections.abc import Sequence

import streamlit as st

from pages._app import controls
from textcls_core.audit.report import AuditReport
from textcls_core.audit.tokens import USUAL_LENGTH, LengthCost, TokenFigures
from textcls_core.audit.words import Mix
from textcls_core.charts.audit import cut_off_chart
from textcls_core.dataset.languages import UNDETERMINED
from textcls_core.wording import duration, percent, plural

_SHOWN_CLASSES = 20
_COSTS = (
    "texts cut off",
    "tokens cut off",
    "tokens per epoch",
    "more than before",
    "time per epoch",
)
"""Columns of figures that are words."""


def show_tokens(tokens: TokenFigures) -> None:
    """Show what a model would not see of the texts."""
    left, right = controls.panels()
    with left, st.container(border=True, height="stretch"):
        figure = cut_off_chart(
            [cost.max_length for cost in tokens.costs],
            [cost.texts_cut_off for cost in tokens.costs],
            [cost.tokens_cut_off for cost in tokens.costs],
            USUAL_LENGTH,
        )
        st.plotly_chart(
            figure, config=controls.NO_TOOLBAR, alt="Share of texts and tokens cut off by length"
        )
        st.caption(f"Measured on {tokens.num_measured:,} texts.")
    with right, st.container(border=True, height="stretch"):
        st.subheader("What each length costs", anchor=False)
        st.dataframe(
            [
                _cost_row(cost, before)
                for before, cost in zip((None, *tokens.costs), tokens.costs, strict=False)
            ],
            hide_index=True,
            column_config=dict.fromkeys(_COSTS, controls.RIGHT),
            alt="Texts and tokens cut off, and tokens per epoch, by max_length",
        )
        if all(cost.seconds_per_epoch is None for cost in tokens.costs):
            st.caption("Seconds appear once a run has trained this model.")
    _show_unknown(tokens)


def _cost_row(cost: LengthCost, before: LengthCost | None) -> dict[str, str | int]:
    more = cost.tokens_per_epoch / before.tokens_per_epoch - 1 if before else 0.0
    row: dict[str, str | int] = {
        "max_length": cost.max_length,
        "texts cut off": percent(cost.texts_cut_off),
        "tokens cut off": percent(cost.tokens_cut_off),
        "tokens per epoch": f"{cost.tokens_per_epoch:,}",
        "more than before": f"+{percent(more)}" if before else "",
    }
    if cost.seconds_per_epoch is not None:
        row["time per epoch"] = duration(cost.seconds_per_epoch)
    return row


def _show_unknown(tokens: TokenFigures) -> None:
    """Show the classes with most unknown tokens."""
    if not tokens.has_unknown:
        st.caption("This tokenizer works on bytes and has no unknown token.")
        return
    worst = sorted(tokens.unknown_by_class, key=lambda item: -item.unknown)[:_SHOWN_CLASSES]
    with st.expander(f"Unknown tokens by class: {percent(tokens.unknown, 2)} of all"):
        controls.shares_table(
            [
                {"class": item.label, "unknown": item.unknown, "tokens": item.num_tokens}
                for item in worst
            ],
            ("unknown",),
            "Share of unknown tokens by class",
        )


def show_lengths(report: AuditReport) -> None:
    """Show how long the texts are in characters, words and tokens."""
    with st.expander("Lengths"):
        st.dataframe(
            [summary.model_dump() for summary in report.lengths],
            hide_index=True,
            alt="Lengths of the texts in characters, words and tokens",
        )


def show_mixes(mixes: Sequence[Mix]) -> None:
    """Show how many rows are of each script and language."""
    for place, mix in zip(controls.panels(), mixes, strict=False):
        with place:
            st.caption(f"{mix.of.capitalize()} of {plural(mix.num_measured, 'row')}")
            controls.shares_table(
                [
                    {mix.of: name, "share": count / mix.num_measured, "rows": count}
                    for name, count in mix.counts.items()
                ],
                ("share",),
                f"Rows by {mix.of}",
            )
    st.caption(
        "Scripts are counted by their letters. Languages are guessed from random rows; short or "
        f'doubtful texts count as "{UNDETERMINED}", undetermined.'
    )
