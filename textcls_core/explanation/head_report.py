"""HeadReport: what every head of a model does on many texts; free of torch."""

from pathlib import Path
from typing import Literal, Self, get_args

import numpy as np
from jaxtyping import Float
from pydantic import BaseModel, ConfigDict, ValidationError

from textcls_core.explanation.head_titles import STATISTICS, TITLES, Statistic, is_share, written
from textcls_core.files import read_json, to_json, write_text
from textcls_core.wording import percent

Heads = Float[np.ndarray, "L H"]
Grid = tuple[tuple[float, ...], ...]
"""A number per head: L rows of H."""
Place = tuple[int, int]
"""Layer and head, from 0."""
Kind = Literal["special", "punctuation", "number", "word"]
KINDS: tuple[Kind, ...] = get_args(Kind)
KIND_TITLES: dict[Kind, str] = {
    "special": "special tokens",
    "punctuation": "punctuation",
    "number": "numbers",
    "word": "other words",
}
_LONGEST_NAME, _NUM_EXAMPLES = 10, 3
_CLEAR_SHARE = 0.4
"""A share of attention from which on a head is named after it."""
_ROLES: dict[Statistic, str] = {
    "on_separators": "special tokens",
    "on_punctuation": "punctuation",
    "on_itself": "the token itself",
    "on_previous": "the token before",
    "on_next": "the token after",
}


class _Kept(BaseModel):
    """What lies on disk as one JSON file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def save(self, file: Path) -> None:
        """Write the report."""
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, to_json(self.model_dump(mode="json")))

    @classmethod
    def load(cls, file: Path) -> Self | None:
        """Return what `save` wrote; None if it is not there or damaged: it is made again."""
        try:
            return cls.model_validate(read_json(file))
        except (OSError, ValueError, ValidationError):
            return None


class Spread(BaseModel):
    """One statistic of every head over N texts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mean: Grid
    deviation: Grid
    """Standard deviation over the texts."""
    low: Grid
    """A tenth of the texts is below."""
    high: Grid
    """A tenth of the texts is above."""
    examples: tuple[tuple[tuple[int, ...], ...], ...]
    """For each head the texts that have most of it, or least: positions in `row_ids`."""
    least_first: bool = False
    """Whether heads and texts that have least of it come first."""

    @classmethod
    def of(cls, values: Float[np.ndarray, "N L H"], *, least_first: bool = False) -> Self:
        """Return the spread of what N texts say."""
        low, high = np.quantile(values, [0.1, 0.9], axis=0)
        ranked = np.argsort(values if least_first else -values, axis=0, kind="stable")
        first = np.moveaxis(ranked[:_NUM_EXAMPLES], 0, -1)
        return cls(
            mean=_grid(values.mean(axis=0)),
            deviation=_grid(values.std(axis=0)),
            low=_grid(low),
            high=_grid(high),
            examples=tuple(tuple(map(tuple, layer)) for layer in first.tolist()),
            least_first=least_first,
        )

    @property
    def means(self) -> Heads:
        """The mean of every head, shape (L, H)."""
        return np.array(self.mean)

    @property
    def shape(self) -> tuple[int, int]:
        """Layers and heads, (L, H)."""
        return len(self.mean), len(self.mean[0])

    @property
    def order(self) -> list[Place]:
        """Layer and head of every head, from 0, the largest mean first, or the least."""
        values = self.means if self.least_first else -self.means
        places = np.argsort(values, axis=None, kind="stable").tolist()
        return [divmod(place, self.shape[1]) for place in places]

    def place(self, name: str) -> Place | None:
        """Return layer and head from 0 of a name such as "3.12", from 1; None if there is none."""
        layer, _, head = name.partition(".")
        if not (layer.isdecimal() and head.isdecimal() and len(name) < _LONGEST_NAME):
            return None
        found = int(layer) - 1, int(head) - 1
        inside = all(0 <= one < size for one, size in zip(found, self.shape, strict=True))
        return found if inside else None


class WordShare(BaseModel):
    """How much attention all places of one word get from one head."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    word: str
    """Lower case, unless it is a special token."""
    kind: Kind
    count: int
    """Places where it stands in the texts."""
    share: float
    """Its part of all attention that ordinary tokens give, in [0, 1]."""
    times: float
    """That part, divided by the part that it would get if every token were looked at alike."""


class KindShare(BaseModel):
    """How much attention the tokens of one kind get from one head."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    count: int
    """Words of this kind in the texts."""
    share: float
    times: float


class HeadReport(_Kept):
    """What every head of a model does on a sample of texts."""

    row_ids: tuple[str, ...]
    """Rows that were read."""
    statistics: dict[Statistic, Spread]
    words: tuple[tuple[tuple[WordShare, ...], ...], ...]
    """For each head (L, H) the words that get most of it, by share or by `times`."""
    kinds: tuple[tuple[tuple[KindShare, ...], ...], ...]
    """For each head (L, H) what it gives to each kind."""

    @property
    def num_texts(self) -> int:
        """How many texts were read."""
        return len(self.row_ids)

    @property
    def shape(self) -> tuple[int, int]:
        """Layers and heads, (L, H)."""
        return self.statistics[STATISTICS[0]].shape

    def values(self, layer: int, head: int) -> dict[Statistic, float]:
        """Return the mean of every statistic of one head; both are counted from 0."""
        return {name: self.statistics[name].mean[layer][head] for name in STATISTICS}

    def role(self, layer: int, head: int) -> str:
        """Return in a few words what a head mostly does; both are counted from 0."""
        values = self.values(layer, head)
        best = max(_ROLES, key=values.__getitem__)
        if values[best] >= _CLEAR_SHARE:
            return f"looks at {_ROLES[best]} ({percent(values[best], 0)})"
        return f"spreads over about {2 ** values['entropy']:.0f} tokens"

    def records(self, by: Statistic = "entropy") -> list[dict[str, float | str]]:
        """Return one record per head for a table, layers from 1 and shares in percent.

        Args:
            by: The heads that have most of this come first, or least of entropy.
        """
        return [
            {
                "layer": layer + 1,
                "head": head + 1,
                "mostly": self.role(layer, head),
                **{
                    TITLES[name]: 100 * value if is_share(name) else value
                    for name, value in self.values(layer, head).items()
                },
            }
            for layer, head in self.statistics[by].order
        ]

    def spread_records(self, layer: int, head: int) -> list[dict[str, str]]:
        """Return every statistic of one head with its spread over texts, written out."""
        records = []
        for name, spread in self.statistics.items():
            low, high = spread.low[layer][head], spread.high[layer][head]
            records.append(
                {
                    "statistic": TITLES[name],
                    "mean": written(name, spread.mean[layer][head]),
                    "standard deviation": written(name, spread.deviation[layer][head]),
                    "8 of 10 texts": f"{written(name, low)} to {written(name, high)}",
                }
            )
        return records

    def words_by(
        self, measure: Literal["share", "times"], layer: int, head: int, most: int = 12
    ) -> list[WordShare]:
        """Return the words that one head looks at most, in all or for how often they stand."""
        found = sorted(self.words[layer][head], key=lambda word: -getattr(word, measure))
        return found[:most]

    def example_rows(self, by: Statistic, layer: int, head: int) -> list[str]:
        """Return the ids of the rows on which one head has most of a statistic, or least."""
        return [self.row_ids[row] for row in self.statistics[by].examples[layer][head]]


class MovedReport(_Kept):
    """How far fine-tuning moved every head, on a sample of texts."""

    row_ids: tuple[str, ...]
    base: str
    """Name of the pretrained model."""
    moved: Spread
    """Jensen-Shannon divergence of the attention before and after, in bits: 0 to 1."""

    @property
    def num_texts(self) -> int:
        """How many texts were read."""
        return len(self.row_ids)

    @property
    def verdict(self) -> str:
        """What moved, in plain words."""
        layer, head = self.moved.order[0]
        by_layer = self.moved.means.mean(axis=1)
        return (
            f"Layer {layer + 1}, head {head + 1} moved most ({self.moved.means.max():.2f}); layer "
            f"{int(by_layer.argmax()) + 1} most as a whole ({by_layer.max():.2f}), layer "
            f"{int(by_layer.argmin()) + 1} least ({by_layer.min():.2f})."
        )

    def records(self) -> list[dict[str, float]]:
        """Return one record per head for a table, layers from 1, those that moved most first."""
        return [
            {
                "layer": layer + 1,
                "head": head + 1,
                "moved": self.moved.mean[layer][head],
                "deviation": self.moved.deviation[layer][head],
            }
            for layer, head in self.moved.order
        ]

    def example_rows(self, layer: int, head: int) -> list[str]:
        """Return the ids of the rows on which one head moved most."""
        return [self.row_ids[row] for row in self.moved.examples[layer][head]]


def _grid(values: Heads) -> Grid:
    return tuple(map(tuple, np.asarray(values, dtype=np.float64).round(6).tolist()))
