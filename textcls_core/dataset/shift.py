"""Do the splits come from the same source: classes, lengths and words of train against others.

The words are tested with a classifier: if a model that has learned from one half of the rows can
tell in the other half which rows are train and which are test, they differ.

Source:
    Lopez-Paz and Oquab 2017, "Revisiting Classifier Two-Sample Tests"; Benjamini and Hochberg 1995,
    "Controlling the False Discovery Rate".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from textcls_core.arrays import Indices
from textcls_core.dataset.statistics import word_lengths
from textcls_core.dataset.text_dataset import Split, TextDataset
from textcls_core.wording import percent, shorten

ShiftKind = Literal["classes", "lengths", "words"]
Verdict = Literal["none", "slight", "clear"]
FALSE_DISCOVERIES = 0.05
"""Share of false alarms accepted among the tests that are called shifts."""
CLEAR_EFFECT: dict[ShiftKind, float] = {"classes": 0.1, "lengths": 0.1, "words": 0.6}
"""From which effect a shift is called clear: Cramér's V, Kolmogorov-Smirnov distance, AUC.

About what Cohen calls a small effect; with many rows even less is significant.
"""
WORD_SAMPLE = 4_000
"""Rows of each split that the classifier learns from and is tested on."""
_LEAST_ROWS = 20
_LEAST_EXPECTED = 5.0
"""Rows of a class expected in each split, below which classes are counted together."""
_WORDS_SHOWN = 5
_TOKENS = r"[\u0e00-\u0e7f\u3040-\u30ff\u4e00-\u9fff]|[^\W\u0e00-\u0e7f\u3040-\u30ff\u4e00-\u9fff]+"
"""A word; in scripts written without spaces a character."""


@dataclass(frozen=True, slots=True)
class ShiftTest:
    """One comparison of train with another split."""

    kind: ShiftKind
    split: Split
    """What train is compared with."""
    effect: float
    """Cramér's V, Kolmogorov-Smirnov distance (both from 0) or AUC (from 0.5)."""
    p_value: float
    adjusted_p: float
    """The same after Benjamini and Hochberg, over all tests of the data set."""
    verdict: Verdict
    """`none`: no sign of a shift; `slight`: one, but a small one; `clear`."""
    sentence: str
    """The result for people."""
    num_rows: tuple[int, int]
    """Rows of train and of the other split that were looked at."""


@dataclass(frozen=True, slots=True)
class _Result:
    effect: float
    p_value: float
    same: str
    """The sentence when there is no shift."""
    different: str
    num_rows: tuple[int, int]


def shift_tests(dataset: TextDataset, seed: int = 0) -> tuple[ShiftTest, ...]:
    """Return the tests of train against validation and test.

    Splits with fewer than 20 rows are not tested, nor are the classes if there is only one. Of each
    split at most 4,000 random rows are read for the test of words.
    """
    found = []
    for split in dataset.splits:
        rows = dataset.indices("train"), dataset.indices(split)
        if split != "train" and min(map(len, rows)) >= _LEAST_ROWS:
            found += [
                (kind, split, result) for kind, result in _results(dataset, split, rows, seed)
            ]
    return _judged(found)


def _results(
    dataset: TextDataset, split: Split, rows: tuple[Indices, Indices], seed: int
) -> Iterator[tuple[ShiftKind, _Result]]:
    classes = _test_classes(dataset, split)
    if classes is not None:
        yield "classes", classes
    yield "lengths", _test_lengths(dataset, split, rows)
    yield "words", _test_words(dataset, split, rows, seed)


def _judged(found: Sequence[tuple[ShiftKind, Split, _Result]]) -> tuple[ShiftTest, ...]:
    """Correct for the number of tests and say what each means."""
    from scipy.stats import false_discovery_control

    if not found:
        return ()
    adjusted = false_discovery_control([result.p_value for *_, result in found])
    tests = []
    for (kind, split, result), p_value in zip(found, adjusted, strict=True):
        verdict: Verdict = "none"
        if p_value < FALSE_DISCOVERIES:
            verdict = "clear" if result.effect >= CLEAR_EFFECT[kind] else "slight"
        told = result.same if verdict == "none" else result.different
        sentence = f"{told} {_in_figures(kind, result.effect, p_value)}"
        tests.append(
            ShiftTest(
                kind=kind,
                split=split,
                effect=result.effect,
                p_value=result.p_value,
                adjusted_p=float(p_value),
                verdict=verdict,
                sentence=sentence,
                num_rows=result.num_rows,
            )
        )
    return tuple(tests)


def _in_figures(kind: ShiftKind, effect: float, p_value: float) -> str:
    name = {"classes": "Cramér's V", "lengths": "Kolmogorov-Smirnov distance", "words": "AUC"}
    chance = ", 0.5 is chance" if kind == "words" else ""
    chances = "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"
    return f"({name[kind]} {effect:.3f}{chance}; {chances})"


def _test_classes(dataset: TextDataset, split: Split) -> _Result | None:
    """Compare how often each class occurs: chi-square with Cramér's V."""
    from scipy.stats import chi2_contingency

    counts = dataset.class_counts
    table = np.array([counts["train"], counts[split]], dtype=np.float64)
    expected = table.sum(axis=0) * table.sum(axis=1, keepdims=True) / max(table.sum(), 1)
    is_rare = (expected < _LEAST_EXPECTED).any(axis=0)
    pooled = np.column_stack([table[:, ~is_rare], table[:, is_rare].sum(axis=1)])
    pooled = pooled[:, pooled.sum(axis=0) > 0]
    if pooled.shape[1] < 2:
        return None
    tested = chi2_contingency(pooled, correction=False)
    shares = table / table.sum(axis=1, keepdims=True)
    most = int(np.abs(shares[1] - shares[0]).argmax())
    name = shorten(dataset.label_names[most], 40)
    return _Result(
        effect=float(np.sqrt(tested.statistic / pooled.sum())),
        p_value=float(tested.pvalue),
        same=f"No sign that the classes are spread otherwise in {split} than in train.",
        different=f'The classes are not as frequent in {split} as in train: "{name}" has '
        f"{percent(shares[1, most])} of {split} and {percent(shares[0, most])} of train.",
        num_rows=(int(table[0].sum()), int(table[1].sum())),
    )


def _test_lengths(dataset: TextDataset, split: Split, rows: tuple[Indices, Indices]) -> _Result:
    """Compare the numbers of words: Kolmogorov and Smirnov."""
    from scipy.stats import ks_2samp

    lengths = word_lengths(dataset)
    train, other = (lengths[part] for part in rows)
    tested = ks_2samp(train, other, method="asymp")
    medians = [f"{np.median(part):,.0f}" for part in (train, other)]
    return _Result(
        effect=float(tested.statistic),
        p_value=float(tested.pvalue),
        same=f"No sign that the texts are longer or shorter in {split} than in train.",
        different=f"The texts are not as long in {split} as in train: half of them have at most "
        f"{medians[1]} words in {split} and {medians[0]} in train.",
        num_rows=(len(train), len(other)),
    )


def _test_words(
    dataset: TextDataset, split: Split, rows: tuple[Indices, Indices], seed: int
) -> _Result:
    """Let a linear model on TF-IDF learn which rows are train, and test it on rows it never saw."""
    from scipy.stats import mannwhitneyu

    generator = np.random.default_rng(seed)
    size = min(WORD_SAMPLE, *map(len, rows))
    parts = [generator.permutation(part)[:size] for part in rows]
    half = size // 2
    texts = [dataset.texts(np.concatenate([part[cut] for part in parts]))
             for cut in (slice(half), slice(half, None))]  # fmt: skip
    scores, telling = _tell_apart(*texts, num_learned=half)
    train, other = scores[: size - half], scores[size - half :]
    tested = mannwhitneyu(other, train, alternative="greater")
    shown = ", ".join(f'"{shorten(word, 20)}"' for word in telling)
    by = f" Words that tell {split}: {shown}." if telling else ""
    return _Result(
        effect=float(tested.statistic / (len(train) * len(other))),
        p_value=float(tested.pvalue),
        same=f"A model cannot tell {split} from train by the words.",
        different=f"A model can tell {split} from train by the words.{by}",
        num_rows=(size, size),
    )


def _tell_apart(
    learned: list[str], unseen: list[str], *, num_learned: int
) -> tuple[np.ndarray, list[str]]:
    """Return how much each unseen text looks like the second part, and the words that tell it.

    Args:
        learned: `num_learned` texts of the first part, then as many of the second.
        unseen: Other texts of both.
        num_learned: Texts of each part to learn from.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    words = TfidfVectorizer(token_pattern=_TOKENS, sublinear_tf=True, max_features=50_000)
    try:
        features = words.fit_transform(learned)
    except ValueError:  # no text has a word
        return np.zeros(len(unseen)), []
    model = LogisticRegression(max_iter=200)
    model.fit(features, np.repeat([0, 1], num_learned))
    weights = model.coef_[0]
    strongest = np.argsort(-weights, kind="stable")[:_WORDS_SHOWN]
    names = words.get_feature_names_out()
    telling = [str(names[place]) for place in strongest if weights[place] > 0]
    return np.asarray(model.decision_function(words.transform(unseen))), telling
