"""Scores of every label for every row, from heads that never saw the row.

scikit-learn is imported when a head is fitted, so that a page can import this.
"""

from collections.abc import Callable, Sequence

import numpy as np

from textcls_core.arrays import Embeddings, Indices, LabelIds, LabelProbabilities
from textcls_core.dataset.building import duplicate_key
from textcls_core.dataset.word_pattern import WORD_PATTERN

NUM_FOLDS = 5
SHRINKAGE = 0.9
"""How far the shape of the classes is drawn towards a ball, from 0 to 1."""
_NUM_TOPICS = 400
"""Directions that words and word pairs are reduced to."""
_MAX_TERMS = 100_000
_SEED = 0
_SMALLEST = 1e-9


def same_text_groups(texts: Sequence[str]) -> Indices:
    """Return a number per text, equal for equal texts (see `duplicate_key`), shape (N,)."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(duplicate_key(t), len(numbers)) for t in texts], np.int64)


def deal_folds(groups: Indices, label_ids: LabelIds, num_folds: int, seed: int) -> Indices:
    """Return the fold of every row, from 0, shape (N,).

    Rows of one group stay together. Groups are dealt class by class (that of their first row) in
    random order, so that every fold has its share of every class.

    Args:
        groups: A number per row.
        label_ids: Class per row; any number that spreads the rows well if there are several.
        num_folds: Parts to cut into.
        seed: Decides the random order.
    """
    found, first, group_of = np.unique(groups, return_index=True, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(found))
    order = order[np.argsort(label_ids[first][order], kind="stable")]
    fold_of = np.empty(len(found), np.int64)
    fold_of[order] = np.arange(len(found)) % num_folds
    return np.asarray(fold_of[group_of])


def out_of_fold(
    features: Embeddings,
    targets: LabelProbabilities,
    folds: Indices,
    *,
    tell: Callable[[], None] = lambda: None,
) -> np.ndarray:
    """Return a score per row and label from heads fitted on the other folds, shape (N, C).

    Args:
        features: One vector per row, shape (N, D).
        targets: 0 or 1 per row and label, shape (N, C).
        folds: Fold of each row, shape (N,).
        tell: Called after each fold.
    """
    scores = np.zeros(targets.shape)
    for fold in np.unique(folds):
        held, rest = folds == fold, folds != fold
        if rest.any():
            scores[held] = _discriminant(features[rest], targets[rest], features[held])
        tell()
    return scores


def _discriminant(
    features: Embeddings, targets: LabelProbabilities, asked: Embeddings
) -> np.ndarray:
    """Return log-posteriors, but for a constant per row, of linear discriminant analysis.

    Every class is a cloud of the same shape around its mean. The shape is drawn far towards a
    ball, because directions that are learned too exactly follow the wrong labels too. A few flipped
    labels hardly move a mean, and the fit is in closed form: a second, where a logistic regression
    needs a minute.

    Source:
        Friedman 1989, "Regularized Discriminant Analysis", Journal of the American Statistical
        Association 84.
    """
    centre = features.mean(axis=0, dtype=np.float64)
    centred = features - centre
    counts = np.maximum(targets.sum(axis=0, dtype=np.float64), _SMALLEST)
    means = targets.T @ centred / counts[:, None]  # (C, D)
    scatter = (centred * targets.sum(axis=1)[:, None]).T @ centred - (means.T * counts) @ means
    shape = (1 - SHRINKAGE) * scatter / counts.sum()
    width = len(shape)
    shape[np.diag_indices(width)] += (
        SHRINKAGE * np.trace(scatter) / counts.sum() / width + _SMALLEST
    )
    directions = np.linalg.solve(shape, means.T)  # (D, C)
    offsets = np.log(counts / counts.sum()) - 0.5 * np.einsum("cd,dc->c", means, directions)
    return np.asarray((asked - centre) @ directions + offsets)


def word_features(texts: Sequence[str]) -> Embeddings | None:
    """Return the words of each text as a vector of length 1; None if there are too few words.

    TF-IDF of words and word pairs, reduced by a truncated singular value decomposition. No label is
    looked at, so nothing leaks from one fold into another.

    Source:
        Deerwester, Dumais, Furnas, Landauer and Harshman 1990, "Indexing by Latent Semantic
        Analysis", Journal of the American Society for Information Science 41.
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    vectorizer = TfidfVectorizer(
        token_pattern=WORD_PATTERN,
        ngram_range=(1, 2),
        sublinear_tf=True,
        min_df=2,
        max_features=_MAX_TERMS,
        dtype=np.float32,
    )
    try:
        weights = vectorizer.fit_transform(texts)
    except ValueError:  # no term occurs twice
        return None
    num_topics = min(_NUM_TOPICS, min(weights.shape) - 1)
    if num_topics < 2:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):  # its variances, where all texts are equal
        topics = TruncatedSVD(num_topics, random_state=_SEED).fit_transform(weights)
    return np.asarray(normalize(topics), np.float32)
