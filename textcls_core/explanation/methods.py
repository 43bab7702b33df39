"""The methods of attribution by name, with what they say in words; free of torch, for pages."""

from typing import Literal, get_args

Method = Literal[
    "integrated_gradients", "gradient_x_input", "occlusion", "occlusion_token", "occlusion_sentence"
]
METHODS: tuple[Method, ...] = get_args(Method)
TITLES: dict[Method, str] = {
    "integrated_gradients": "Integrated gradients",
    "gradient_x_input": "Gradient × input",  # noqa: RUF001 - a product
    "occlusion": "Leave out words",
    "occlusion_token": "Leave out tokens",
    "occlusion_sentence": "Leave out sentences",
}
_LEFT_OUT = (
    "How far the score falls when {part} is left out. Parts that say the same stand in for one "
    "another, so that leaving out either may change little."
)
MEANINGS: dict[Method, str] = {
    "integrated_gradients": (
        "What each word adds to the score while the text fades in from padding. The parts add up "
        "to the whole difference."
    ),
    "gradient_x_input": (
        "How the score would move if a word were a little stronger. Fast and rough: it looks at "
        "the slope here only, and the parts add up to nothing in particular."
    ),
    "occlusion": _LEFT_OUT.format(part="a word"),
    "occlusion_token": _LEFT_OUT.format(part="a token"),
    "occlusion_sentence": _LEFT_OUT.format(part="a sentence") + " Its tokens share the fall.",
}
Judged = Literal[
    "integrated_gradients",
    "gradient_x_input",
    "occlusion",
    "occlusion_sentence",
    "attention_mean",
    "attention_rollout",
]
"""What the trust meter compares: attributions and ways to read attention."""
JUDGED: tuple[Judged, ...] = get_args(Judged)
JUDGED_TITLES: dict[Judged, str] = {
    "integrated_gradients": TITLES["integrated_gradients"],
    "gradient_x_input": TITLES["gradient_x_input"],
    "occlusion": TITLES["occlusion"],
    "occlusion_sentence": TITLES["occlusion_sentence"],
    "attention_mean": "Attention, mean of all heads",
    "attention_rollout": "Attention rollout",
}
