"""Flow: attention of all layers followed back from the answer, with and without a class."""

from typing import Any

import streamlit as st

from pages._app import controls, explanation_cache, state
from pages._app.explanation_attention_place import choose_window
from pages._app.explanation_attributions import label_names, say_if_no_answer
from pages._app.saving import caption, chart, heading
from pages._app.words_text import attention_text
from textcls_core.charts.explanation_heads import flow_chart
from textcls_core.explanation.looked_at import LookedAt
from textcls_core.runs.run import Run
from textcls_core.wording import shorten

_ROLLOUT = (
    "Share of each word in what reaches {target}, if every layer passes on half of what a token "
    "was and half of what it looks at, mean over heads (Abnar and Zuidema 2020). It is the same "
    "for every class, and says where information could have come from, not what was made of it."
)
_WEIGHTED = (
    "The same path, but a weight counts only as far as the score of {name} would fall without it, "
    "to first order (Chefer, Gur and Wolf 2021). It answers for this class; what speaks against it "
    "is left out. As shares of the whole."
)


def show_flow(run: Run, text: str) -> None:
    """Show what reached the answer from each word, and how that grew layer by layer.

    Args:
        run: A finished run.
        text: What it reads.
    """
    options = {"": "the predicted class", **label_names(run)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted = state.choose(
            "flow_label", "Weighted by gradients for", options, default="", width=280
        )
        found = explanation_cache.flow(run, text, wanted)
        choose_window(found.window)
    special = found.read.special(by_token=False)
    looked_at = LookedAt(len(found.read.tokens), found.read.num_cut, run.config)
    if found.window is None and looked_at.sentence:
        caption(looked_at.sentence)
    target = "the mean over all tokens, which is classified"
    if not found.averages:
        target = "the token that is classified"
    heading("Rollout")
    caption(_ROLLOUT.format(target=target))
    attention_text(found.read.words, found.rollout.tolist(), special, None, None, key="flow.all")
    name = shorten(found.label, 40)
    heading(f"Gradient-weighted rollout for {name}")
    caption(_WEIGHTED.format(name=name))
    say_if_no_answer(found.predicted)
    weighted = found.shares_by_gradient.tolist()
    attention_text(found.read.words, weighted, special, None, None, key="flow.label")
    _show_layers(found, special)
    _show_table(found)


def _show_layers(found: Any, special: list[bool]) -> None:
    heading("Rollout, layer by layer")
    caption(
        "As if the model ended after each layer: at the top what the first layer alone has "
        "gathered, at the bottom the rollout above. Special tokens hold the rest and stay empty."
    )
    chart(
        flow_chart(found.by_layer, found.read.words, special),
        config=controls.NO_TOOLBAR,
        alt="Share of each word in what is classified, layer by layer",
    )


def _show_table(found: Any) -> None:
    with st.expander("As a table"):
        controls.shares_table(
            found.records(),
            ("rollout", "gradient-weighted"),
            "Every word with both shares, the largest gradient-weighted one first",
        )
