"""Scores of every label for every row, from heads that never saw the row.

scikit-learn is imported when a head is fitted, so that a page can import this.
"""

from collections.abc import Callable, Sequence

import numpy as np

from textcls_core.arrays import Embeddings, Indices, LabelIds, LabelProbabilities, Losses
from textcls_core.dataset.building import duplicate_key
from textcls_core.dataset.word_pattern import WORD_PATTERN

NUM_FOLDS = 5
_NUM_TOPICS = 400
"""Directions that words and word pairs are reduced to."""
_MAX_TERMS = 100_000
_SEED = 0


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
    strength: float,
    weights: Losses | None = None,
    *,
    tell: Callable[[], None] = lambda: None,
) -> np.ndarray:
    """Return a score per row and label from ridge heads fitted on the other folds, shape (N, C).

    Least squares on 0 and 1 are fitted in closed form, in a second where a logistic regression
    needs a minute, and a few wrong labels pull on them less than on an unbounded loss.

    Args:
        features: One vector per row, shape (N, D).
        targets: 0 or 1 per row and label, shape (N, C).
        folds: Fold of each row, shape (N,).
        strength: Of the regularisation, in squared lengths of the features.
        weights: How much each row counts in fitting, shape (N,).
        tell: Called after each fold.
    """
    from sklearn.linear_model import Ridge

    scores = np.zeros(targets.shape, np.float32)
    for fold in np.unique(folds):
        held, rest = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        if len(rest):
            head = Ridge(alpha=strength, solver="cholesky")
            head.fit(features[rest], targets[rest], None if weights is None else weights[rest])
            scores[held] = head.predict(features[held]).reshape(len(held), -1)
        tell()
    return scores


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
    topics = TruncatedSVD(num_topics, random_state=_SEED).fit_transform(weights)
    return np.asarray(normalize(topics), np.float32)
