"""A data set with planted problems, and which rows each of them was planted in."""

from dataclasses import dataclass, field

import numpy as np

from textcls_core.dataset.building import Rows, build_dataset, make_row_ids
from textcls_core.dataset.text_dataset import Split, TextDataset

KEYWORDS = {
    "sport": "football match goal team coach striker league penalty stadium tournament",
    "money": "bank shares profit market investor dividend economy loan currency inflation",
    "health": "doctor hospital patient vaccine surgery nurse medicine symptom therapy clinic",
    "travel": "airport hotel flight luggage passport tourist beach cruise itinerary resort",
    "music": "guitar concert orchestra melody singer album drummer choir violin festival",
}
RARE = "music"
FLUKE = "zandari"
"""Means nothing, but stands in training rows of one class only."""
FLUKE_CLASS = "money"
FILLERS = (
    "yesterday people said that they would see again what had been done about it since the last "
    "week and nobody there could tell why some of them were still waiting for an answer which "
    "came later than others thought because each one had another view on how it should go from "
    "here although most were glad to hear about these plans in time"
)
MAX_LENGTH = 32
_TRAIN, _TEST = 100, 40
"""Rows of each common class."""
_LATE, _FLIPPED, _FLUKES = 20, 10, 40
"""Of a hundred rows."""


@dataclass
class Planted:
    """Rows in the making."""

    generator: np.random.Generator
    texts: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    splits: list[Split] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)
    """What was planted in each row; empty where nothing was."""

    def add(self, words: list[str], label: str, split: Split, cause: str = "") -> None:
        self.texts.append(" ".join(words))
        self.labels.append(label)
        self.splits.append(split)
        self.causes.append(cause)

    def filler(self, count: int) -> list[str]:
        return self.generator.choice(FILLERS.split(), count).tolist()

    def about(self, label: str, count: int = 3) -> list[str]:
        """Return a short text with some words of a class among others."""
        words = [
            *self.filler(10),
            *self.generator.choice(KEYWORDS[label].split(), count, replace=False),
        ]
        return self.generator.permutation(words).tolist()

    def late(self, label: str) -> list[str]:
        """Return a text whose evidence stands behind what is read."""
        return [*self.filler(MAX_LENGTH + 4), *self.about(label, 6)]

    def misled(self, label: str) -> list[str]:
        """Return a text of a class with the token of another one."""
        return [*self.filler(4), FLUKE, *self.filler(4), *self.about(label, 1)[:4]]


def planted_dataset(seed: int = 0) -> tuple[TextDataset, dict[str, str]]:
    """Return a data set with four kinds of problems, and the cause planted in each row by its id.

    Four classes have a hundred training rows, one has five. A tenth of the training labels is
    flipped, a fifth of the texts has its evidence behind the first 32 tokens, and a token that
    stands in rows of one class only in training is put into test rows of others.
    """
    made = Planted(np.random.default_rng(seed))
    common = [name for name in KEYWORDS if name != RARE]
    for label in common:
        for number in range(_TRAIN):
            late = number < _LATE
            is_fluke = label == FLUKE_CLASS and number >= _TRAIN - _FLUKES
            words = made.late(label) if late else made.about(label)
            words = [*made.filler(6), FLUKE, *made.filler(6)] if is_fluke else words
            is_flipped = not late and not is_fluke and number < _LATE + _FLIPPED
            others = [name for name in common if name != label]
            given = str(made.generator.choice(others)) if is_flipped else label
            made.add(words, given, "train", "label_suspect" if is_flipped else "")
        for number in range(_TEST):
            late = number < _TEST * _LATE // 100
            cause = "truncated" if late else ""
            made.add(made.late(label) if late else made.about(label), label, "test", cause)
            made.add(made.about(label), label, "validation")
        if label != FLUKE_CLASS:
            for _ in range(_TEST // 4):
                made.add(made.misled(label), label, "test", "misleading_tokens")
    for split, count in (("train", 5), ("validation", 3), ("test", _TEST // 2)):
        for _ in range(count):
            made.add(made.about(RARE), RARE, split, "rare_class" if split == "test" else "")
    dataset = build_dataset(Rows(made.texts, made.labels, made.splits, extra={}))
    by_row = dict(zip(make_row_ids(made.texts), made.causes, strict=True))
    return dataset, by_row
