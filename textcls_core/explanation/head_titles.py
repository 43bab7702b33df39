"""The statistics of heads by name, with what they say in words; free of torch, for pages."""

from typing import Literal, get_args

from textcls_core.wording import percent

Statistic = Literal[
    "entropy",
    "distance",
    "on_separators",
    "on_punctuation",
    "on_itself",
    "on_previous",
    "on_next",
]
STATISTICS: tuple[Statistic, ...] = get_args(Statistic)
TITLES: dict[Statistic, str] = {
    "entropy": "Entropy (bits)",
    "distance": "Distance (tokens)",
    "on_separators": "On special tokens",
    "on_punctuation": "On punctuation",
    "on_itself": "On the token itself",
    "on_previous": "On the token before",
    "on_next": "On the token after",
}
MEANINGS: dict[Statistic, str] = {
    "entropy": (
        "How spread out a token looks: 0 bits is at one token only, 1 bit as if at two alike, 3 "
        "bits as if at eight."
    ),
    "distance": (
        "How many tokens away that stands which a token looks at, special tokens left out."
    ),
    "on_separators": (
        "Share of the attention on tokens that the tokenizer added, such as [CLS] and [SEP]. Heads "
        "that have nothing to do often rest there."
    ),
    "on_punctuation": "Share of the attention on commas, full stops and the like.",
    "on_itself": "Share of the attention that a token gives to itself.",
    "on_previous": "Share of the attention on the token before.",
    "on_next": "Share of the attention on the token after.",
}


def is_share(statistic: Statistic) -> bool:
    """Return whether a statistic is a share in [0, 1], to be shown in percent.

    Example:
        >>> is_share("on_next"), is_share("entropy")
        (True, False)
    """
    return statistic.startswith("on_")


def least_first(statistic: Statistic) -> bool:
    """Return whether heads with little of a statistic are the interesting ones.

    Example:
        >>> least_first("entropy"), least_first("on_next")
        (True, False)
    """
    return statistic == "entropy"


def written(statistic: Statistic, value: float) -> str:
    """Return a value as people read it.

    Example:
        >>> written("on_next", 0.734), written("entropy", 2.5)
        ('73.4 %', '2.50')
    """
    return percent(value) if is_share(statistic) else f"{value:.2f}"
