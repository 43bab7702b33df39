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
    "fitness": "gym workout treadmill yoga trainer stretching cardio dumbbell pilates squats",
}
RARE = "fitness"
"""Near to sport and to health, so that five rows do not teach it."""
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
_TRAIN, _TEST = 60, 30
"""Rows of each common class."""
_LATE, _FLIPPED, _FLUKES = 20, 10, 40
"""Percent of them."""


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
        words = self.generator.choice(KEYWORDS[label].split(), 2, replace=False)
        return [*self.filler(4), FLUKE, *self.filler(4), *words.tolist(), *self.filler(3)]


def planted_dataset(seed: int = 0) -> tuple[TextDataset, dict[str, str]]:
    """Return a data set with four kinds of problems, and the cause planted in each row by its id.

    Four classes have sixty training rows, one has five. A tenth of the training labels is
    flipped, a fifth of the texts has its evidence behind the first 32 tokens, and a token that
    stands in rows of one class only in training is put into test rows of others.
    """
    made = Planted(np.random.default_rng(seed))
    common = [name for name in KEYWORDS if name != RARE]
    for label in common:
        for number in range(_TRAIN):
            _add_training_row(made, label, number, [name for name in common if name != label])
        for number in range(_TEST):
            is_late = 100 * number < _LATE * _TEST
            words = made.late(label) if is_late else made.about(label)
            made.add(words, label, "test", "truncated" if is_late else "")
            made.add(made.about(label), label, "validation")
        if label != FLUKE_CLASS:
            for _ in range(_TEST // 3):
                made.add(made.misled(label), label, "test", "misleading_tokens")
    for split, count in (("train", 5), ("validation", 3), ("test", _TEST)):
        for _ in range(count):
            made.add(made.about(RARE, 2), RARE, split, "rare_class")
    dataset = build_dataset(Rows(made.texts, made.labels, made.splits, extra={}))
    by_row = dict(zip(make_row_ids(made.texts), made.causes, strict=True))
    return dataset, by_row


def _add_training_row(made: Planted, label: str, number: int, others: list[str]) -> None:
    """Add a row whose evidence is late, whose label is flipped, that has the fluke, or neither."""
    share = 100 * number / _TRAIN
    if share < _LATE:
        made.add(made.late(label), label, "train", "truncated")
    elif share < _LATE + _FLIPPED:
        given = str(made.generator.choice(others))
        made.add(made.about(label), given, "train", "label_suspect")
    elif label == FLUKE_CLASS and share >= 100 - _FLUKES:
        made.add([*made.filler(6), FLUKE, *made.filler(6)], label, "train")
    else:
        made.add(made.about(label), label, "train")
