"""Fit and measure the baselines of a data set: majority class, TF-IDF, frozen encoder.

scikit-learn and torch are imported when they are needed, so that a page can offer the button.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from textcls_core.arrays import ClassCounts, Embeddings, Indices, Probabilities
from textcls_core.dataset.sampling import SEED, rows_within, sample_rows
from textcls_core.dataset.text_dataset import SPLITS, Split, TextDataset
from textcls_core.dataset.word_pattern import WORD_PATTERN
from textcls_core.errors import DatasetFormatError
from textcls_core.evaluation.by_task import AnyPredictions, figures_of, predictions_of
from textcls_core.evaluation.multi_label import THRESHOLD
from textcls_core.training.baseline_answers import ANSWERED, Answers, has_answers, save_answers
from textcls_core.training.baselines import (
    Baseline,
    BaselineFigures,
    BaselineName,
    baselines_of,
    save_baseline,
)
from textcls_core.wording import plural, quoted, shorten
from textcls_core.workspace import Workspace

if TYPE_CHECKING:
    from textcls_core.models.classifier import Classifier
    from textcls_core.models.device import Compute

MAX_TOKENS = 128
"""Tokens that the frozen encoder reads of each text at most."""
MAX_ENCODED_ROWS: dict[Split, int] = {"train": 4_000, "validation": 1_000, "test": 2_000}
"""Rows that the frozen encoder reads at most."""
MAX_CHARACTERS = 20_000_000
"""Text of one split that TF-IDF reads at most: half a minute, and half a gigabyte for its terms."""
_MAX_COEFFICIENTS = 20_000_000
"""Terms times classes at most: 160 MB of weights."""
_NAMED = 5
"""Labels that a description names."""
_TERMS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "words and word pairs that occur in two texts or more",
        {"token_pattern": WORD_PATTERN, "min_df": 2},
    ),
    ("words and word pairs", {"token_pattern": WORD_PATTERN}),
    ("characters and pairs of characters", {"analyzer": "char"}),
)
"""What is counted; the next one where texts are so few or so odd that nothing is left."""

RowsOfSplit = dict[Split, Indices]
Prediction = Callable[[Split, Indices], Probabilities]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A baseline as it was just measured, with every answer."""

    baseline: Baseline
    answers: Answers


@dataclass(frozen=True, slots=True)
class Encoder:
    """A pretrained model before it is fine-tuned."""

    name: str
    """As in `RunConfig.model`."""
    classifier: "Classifier"
    compute: "Compute"

    @classmethod
    def load(cls, name: str, dataset: TextDataset, max_length: int = MAX_TOKENS) -> Self:
        """Return a model of the catalogue, on the device it computes fastest on.

        Raises:
            ModelError: If it is missing, unsafe, or built for shorter texts.
        """
        from textcls_core.models.catalogue import absolute_name, locate
        from textcls_core.models.classifier import Classifier
        from textcls_core.models.device import choose_compute

        names = dataset.label_names
        classifier = Classifier.from_pretrained(locate(name), names, max_length=max_length)
        return cls(absolute_name(name), classifier, choose_compute())

    @property
    def num_tokens(self) -> int:
        """Tokens read of each text at most."""
        return min(self.classifier.max_length, MAX_TOKENS)


def ensure_baselines(
    workspace: Workspace,
    dataset: TextDataset,
    encoder: Encoder | None = None,
    *,
    on_done: Callable[[Baseline], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> list[Baseline]:
    """Return the baselines of a data set, measuring those that are not on disk.

    Args:
        workspace: Where they are kept.
        dataset: One that passes `require_trainable`.
        encoder: Of the model about to be fine-tuned; without it, `frozen` is left out.
        on_done: Told of each one as soon as it was measured and kept.
        should_stop: Asked often; those not measured by then are left out.

    Raises:
        DatasetFormatError: If no training row has text.
        ModelError: If the encoder gives no usable numbers.
    """
    known = _known(workspace, dataset, encoder)
    methods: dict[BaselineName, Callable[[], Fitted | None]] = {
        "majority": lambda: compute_majority(dataset),
        "tfidf": lambda: compute_tfidf(dataset),
    }
    if encoder is not None:
        methods["frozen"] = lambda: compute_frozen(dataset, encoder, should_stop=should_stop)
    for name, compute in methods.items():
        if name in known or should_stop():
            continue
        fitted = compute()
        if fitted is not None:
            save_answers(workspace, fitted.baseline, fitted.answers)
            save_baseline(workspace, fitted.baseline)
            known[name] = fitted.baseline
            on_done(fitted.baseline)
    return [known[name] for name in methods if name in known]


def _known(
    workspace: Workspace, dataset: TextDataset, encoder: Encoder | None
) -> dict[BaselineName, Baseline]:
    """Return what is on disk and still holds."""
    model = "" if encoder is None else encoder.name
    found = baselines_of(workspace, dataset.fingerprint, model)
    known = {baseline.name: baseline for baseline in found if has_answers(workspace, baseline)}
    if encoder is not None and "frozen" in known and not _still_holds(known["frozen"], encoder):
        del known["frozen"]
    return known


def _still_holds(frozen: Baseline, encoder: Encoder) -> bool:
    """Tell whether the model of that name still has the same weights, and reads no more."""
    from textcls_core.models.embedding import body_digest

    return frozen.num_tokens >= encoder.num_tokens and frozen.weights == body_digest(
        encoder.classifier.model
    )


def compute_majority(dataset: TextDataset) -> Fitted:
    """Return the baseline that always gives the most frequent answer of the training rows.

    That is their most frequent class, or every label that at least half of them have. Its
    probabilities are the shares of the classes among the training rows.
    """
    start = time.perf_counter()
    rows = {split: dataset.indices(split) for split in SPLITS}
    counts = np.array(dataset.class_counts["train"])
    shares = counts / len(rows["train"])
    is_single = dataset.task == "single_label"
    describe = _describe_class if is_single else _describe_labels
    answers = _answer(dataset, rows, lambda _, chosen: np.tile(shares, (len(chosen), 1)))
    baseline = Baseline(
        name="majority",
        title="Majority class" if is_single else "Majority per label",
        description=describe(dataset.label_names, counts, len(rows["train"])),
        fingerprint=dataset.fingerprint,
        **_figures(answers),
        seconds=_seconds_since(start),
    )
    return Fitted(baseline, answers)


def _describe_class(names: tuple[str, ...], counts: ClassCounts, num_rows: int) -> str:
    name, rows = shorten(names[int(counts.argmax())]), plural(num_rows, "training row")
    return f'Always answers "{name}", the most frequent class of {rows}.'


def _describe_labels(names: tuple[str, ...], counts: ClassCounts, num_rows: int) -> str:
    given = [names[place] for place in np.flatnonzero(counts / num_rows >= THRESHOLD)]
    answer = ", ".join(quoted([name]) for name in given[:_NAMED]) or quoted([])
    more = f" and {len(given) - _NAMED} more" if len(given) > _NAMED else ""
    rows = plural(num_rows, "training row")
    return f"Always gives the labels that half of {rows} have, or more: {answer}{more}."


def compute_tfidf(dataset: TextDataset) -> Fitted:
    """Return the baseline of a linear support vector machine on TF-IDF weights, or one per label.

    Raises:
        DatasetFormatError: If no training row has text.

    Source:
        Joachims 1998, "Text Categorization with Support Vector Machines".
    """
    from sklearn.svm import LinearSVC

    from textcls_core.training.linear_model import fit_linear

    start = time.perf_counter()
    limits = {split: rows_within(dataset, split, MAX_CHARACTERS) for split in SPLITS}
    rows, said = _choose_rows(dataset, limits)
    vectorizer, weights, terms = _fit_vectorizer(dataset.texts(rows["train"]), dataset.num_labels)
    machine, targets = LinearSVC(random_state=SEED), dataset.targets[rows["train"]]
    answer = fit_linear(machine, weights, targets, dataset.num_labels)

    def predict(_: Split, chosen: Indices) -> Probabilities:
        return answer(vectorizer.transform(dataset.texts(chosen)))

    answers = _answer(dataset, rows, predict)
    baseline = Baseline(
        name="tfidf",
        title="TF-IDF + linear SVM",
        description=f"TF-IDF of {plural(weights.shape[1], 'term')} ({terms}; counts sublinear), "
        f"{_models(dataset, 'linear support vector machine')} with C = 1; {said}.",
        fingerprint=dataset.fingerprint,
        **_figures(answers, has_probabilities=False),
        seconds=_seconds_since(start),
    )
    return Fitted(baseline, answers)


def _fit_vectorizer(texts: list[str], num_labels: int) -> tuple[Any, Any, str]:
    """Return a fitted vectorizer, the sparse weights of the texts, and what its terms are."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    most = _MAX_COEFFICIENTS // num_labels
    for terms, options in _TERMS:
        vectorizer = TfidfVectorizer(
            ngram_range=(1, 2), sublinear_tf=True, max_features=most, **options
        )
        try:
            weights = vectorizer.fit_transform(texts)
        except ValueError:  # no term is left
            continue
        kept = f"the {most:,} most frequent " if weights.shape[1] == most else ""
        return vectorizer, weights, kept + terms
    raise DatasetFormatError(
        "Expected text in the training rows, found only empty ones. Import the file again."
    )


def compute_frozen(
    dataset: TextDataset, encoder: Encoder, *, should_stop: Callable[[], bool] = lambda: False
) -> Fitted | None:
    """Return the baseline of a logistic regression on embeddings, or one per label.

    None if it was stopped.

    Raises:
        ModelError: If the encoder gives no usable numbers.
    """
    from sklearn.linear_model import LogisticRegression

    from textcls_core.models.embedding import EmbeddingStoppedError, body_digest
    from textcls_core.training.linear_model import fit_linear

    start = time.perf_counter()
    rows, said = _choose_rows(dataset, MAX_ENCODED_ROWS)
    try:
        vectors = _embed_splits(dataset, rows, encoder, should_stop)
    except EmbeddingStoppedError:
        return None
    head, targets = LogisticRegression(max_iter=1_000), dataset.targets[rows["train"]]
    answer = fit_linear(head, vectors["train"], targets, dataset.num_labels)
    short_name = encoder.name.rstrip("/").rsplit("/", 1)[-1]
    answers = _answer(dataset, rows, lambda split, _: answer(vectors[split]))
    baseline = Baseline(
        name="frozen",
        title=f"Frozen {short_name}",
        description=f"Mean of the last hidden layer of {short_name} over the first "
        f"{encoder.num_tokens} tokens, computed in {encoder.compute.precision}; "
        f"{_models(dataset, 'logistic regression')} with C = 1; {said}.",
        fingerprint=dataset.fingerprint,
        model=encoder.name,
        weights=body_digest(encoder.classifier.model),
        num_tokens=encoder.num_tokens,
        **_figures(answers),
        seconds=_seconds_since(start),
    )
    return Fitted(baseline, answers)


def _embed_splits(
    dataset: TextDataset, rows: RowsOfSplit, encoder: Encoder, should_stop: Callable[[], bool]
) -> dict[Split, Embeddings]:
    """Return the embeddings of the chosen rows."""
    from textcls_core.models.embedding import embed
    from textcls_core.models.tokens import Reading, tokenize

    classifier, vectors = encoder.classifier, {}
    for split, chosen in rows.items():
        tokens = tokenize(dataset.texts(chosen), classifier.tokenizer, Reading(encoder.num_tokens))
        vectors[split] = embed(classifier, tokens, encoder.compute, should_stop=should_stop)
    return vectors


def _models(dataset: TextDataset, name: str) -> str:
    return name if dataset.task == "single_label" else f"one {name} per label"


def _choose_rows(dataset: TextDataset, limits: dict[Split, int]) -> tuple[RowsOfSplit, str]:
    """Return the rows of every split, and the clause that says which they are."""
    rows = {split: sample_rows(dataset, split, limits[split]) for split in SPLITS}
    said = plural(len(rows["train"]), "training row")
    sampled = [
        f"{len(chosen):,} of {total:,} {'training' if split == 'train' else split} rows"
        for split, chosen in rows.items()
        if len(chosen) < (total := len(dataset.indices(split)))
    ]
    if sampled:
        said += f" (drawn with seed {SEED}: {', '.join(sampled)})"
    return rows, said


def _answer(dataset: TextDataset, rows: RowsOfSplit, predict: Prediction) -> Answers:
    """Return the answers on the rows of validation and test."""
    return {split: _answer_split(dataset, split, rows, predict) for split in ANSWERED}


def _answer_split(
    dataset: TextDataset, split: Split, rows: RowsOfSplit, predict: Prediction
) -> AnyPredictions:
    chosen = rows[split]
    row_ids, targets = tuple(dataset.row_ids(chosen)), dataset.targets[chosen]
    return predictions_of(row_ids, targets, predict(split, chosen), dataset.label_names)


def _figures(answers: Answers, *, has_probabilities: bool = True) -> dict[Split, BaselineFigures]:
    """Return the figures of each split."""
    return {
        split: BaselineFigures.of(figures_of(given), has_probabilities=has_probabilities)
        for split, given in answers.items()
    }


def _seconds_since(start: float) -> float:
    return round(time.perf_counter() - start, 2)
