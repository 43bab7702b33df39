"""The head view: a text twice, side by side, with lines from what looks to what is looked at."""

from collections.abc import Sequence

from textcls_core.explanation.attention import AttentionExplanation
from textcls_core.explanation.edges import TextToText, most_per_row, strongest_edges


def text_to_text(
    explanation: AttentionExplanation,
    layer: int | None = None,
    heads: Sequence[int] = (),
    *,
    by_token: bool = False,
) -> TextToText:
    """Return the strongest lines of some heads.

    Args:
        explanation: All weights of one text.
        layer: Layer from 0, or None for the mean over layers.
        heads: Heads from 0, each with lines of its own; none for the mean over all of them.
        by_token: Tokens instead of words.

    Raises:
        InvalidArgumentError: If the model has no such layer or head.
    """
    names = explanation.read.tokens if by_token else explanation.read.words
    groups: list[Sequence[int]] = [(head,) for head in heads] or [()]
    most = most_per_row(len(names), len(groups))
    return TextToText(
        names=names,
        special=tuple(explanation.read.special(by_token=by_token)),
        looks_from=explanation.looks_from(by_token=by_token),
        is_causal=explanation.is_causal,
        lines=tuple(
            strongest_edges(explanation.weights(layer, group, by_token=by_token), most=most)
            for group in groups
        ),
    )
