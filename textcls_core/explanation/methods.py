"""The methods of attribution by name, with what they say in words; free of torch, for pages."""

from typing import Literal, get_args

Method = Literal[
    "integrated_gradients",
    "gradient_x_input",
    "occlusion",
    "occlusion_token",
    "occlusion_sentence",
    "lime",
    "shap_partition",
]
METHODS: tuple[Method, ...] = get_args(Method)
TITLES: dict[Method, str] = {
    "integrated_gradients": "Integrated gradients",
    "gradient_x_input": "Gradient × input",  # noqa: RUF001 - a product
    "occlusion": "Leave out words",
    "occlusion_token": "Leave out tokens",
    "occlusion_sentence": "Leave out sentences",
    "lime": "LIME",
    "shap_partition": "SHAP by partition",
}
STEPPED: dict[Method, str] = {
    "integrated_gradients": "points on the way from padding to the text",
    "lime": "shortened texts that are read",
    "shap_partition": "shortened texts that are read at most",
}
"""What the number of steps means to the methods that take one."""
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
    "lime": (
        "The weight of each word in a simple sum that imitates the model near this text. It is "
        "fitted to copies of the text from which words are left out at random."
    ),
    "shap_partition": (
        "What each word adds on average when sentences, clauses and words come one after the other "
        "in every order that keeps them together (Owen values). The parts add up to the whole "
        "difference between the text and nothing."
    ),
}
Judged = Literal[
    "integrated_gradients",
    "gradient_x_input",
    "occlusion",
    "occlusion_token",
    "occlusion_sentence",
    "lime",
    "shap_partition",
    "attention_mean",
    "attention_rollout",
    "attention_gradient_rollout",
]
"""What the trust meter compares: attributions and ways to read attention."""
JUDGED: tuple[Judged, ...] = get_args(Judged)
JUDGED_TITLES: dict[Judged, str] = {
    "integrated_gradients": TITLES["integrated_gradients"],
    "gradient_x_input": TITLES["gradient_x_input"],
    "occlusion": TITLES["occlusion"],
    "occlusion_token": TITLES["occlusion_token"],
    "occlusion_sentence": TITLES["occlusion_sentence"],
    "lime": TITLES["lime"],
    "shap_partition": TITLES["shap_partition"],
    "attention_mean": "Attention, mean of all heads",
    "attention_rollout": "Attention rollout",
    "attention_gradient_rollout": "Gradient-weighted attention rollout",
}
