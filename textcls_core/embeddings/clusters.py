"""Clusters of stored embeddings, as slices of the rows of a run."""

from collections.abc import Sequence

import numpy as np

from textcls_core.arrays import Embeddings, Indices
from textcls_core.dataset.contrast import log_odds_scores, word_table
from textcls_core.embeddings.neighbours import normalised
from textcls_core.embeddings.store import StoredEmbeddings, list_embeddings
from textcls_core.runs.facets import Facet
from textcls_core.runs.slice_conditions import Condition
from textcls_core.runs.slice_rows import SliceRows
from textcls_core.workspace import Workspace

NUM_CLUSTERS = 10
CLUSTER, CLUSTER_TITLE = "cluster", "Cluster of similar texts"
NO_EMBEDDINGS = (
    "Clusters need embeddings of this data set, and none are stored. Compute them on the Data page "
    "under Map, or with `dataset embed`."
)
_NAMED_BY = 3
"""Words in the name of a cluster."""
_SEED = 0


def embeddings_for_clusters(workspace: Workspace, fingerprint: str) -> StoredEmbeddings | None:
    """Return the stored embeddings of a data set version that cover most rows, if there are any."""
    stored = list_embeddings(workspace, fingerprint)
    return max(stored, key=lambda found: found.info.num_rows, default=None)


def stored_cluster_facet(workspace: Workspace, fingerprint: str, rows: SliceRows) -> Facet | None:
    """Return the clusters of the rows of a run, or None if no embeddings are stored.

    Args:
        workspace: Where embeddings are kept.
        fingerprint: The data set version of the run.
        rows: N rows of the run.
    """
    stored = embeddings_for_clusters(workspace, fingerprint)
    return None if stored is None else cluster_facet(stored, rows)


def cluster_facet(stored: StoredEmbeddings, rows: SliceRows) -> Facet:
    """Return the rows of a run by the cluster that their embedding is in.

    All embedded rows of the data set are clustered, so that the clusters do not depend on the
    split. Rows without an embedding are left out.

    Args:
        stored: Embeddings of the data set version of the run.
        rows: N rows of the run.
    """
    clusters = k_means(normalised(stored.vectors), NUM_CLUSTERS)
    last = max(int(rows.facts.positions.max(initial=0)), int(stored.positions.max(initial=0)))
    by_position = np.full(last + 1, -1)
    by_position[stored.positions] = clusters
    codes = by_position[rows.facts.positions]
    present = [int(cluster) for cluster in np.unique(codes[codes >= 0])]
    names = _names(rows.texts.to_pylist(), codes, present)
    row_ids = np.array(rows.facts.row_ids, dtype=object)
    conditions = tuple(
        Condition(kind="rows", value=name, row_ids=tuple(row_ids[codes == cluster].tolist()))
        for cluster, name in zip(present, names, strict=True)
    )
    places = np.where(codes >= 0, np.searchsorted(present, codes), -1)
    facet = Facet.of_codes(CLUSTER_TITLE, conditions, places)
    facet.looked_at[:] = codes >= 0
    return facet


def k_means(vectors: Embeddings, num_clusters: int) -> Indices:
    """Return the cluster of each row, the largest cluster first, shape (N,).

    Lloyd's algorithm on vectors of length 1, with a fixed seed.

    Args:
        vectors: From `neighbours.normalised`, shape (N, D).
        num_clusters: Clusters wanted; at most one per row.
    """
    from sklearn.cluster import KMeans

    size = min(num_clusters, len(vectors))
    found = KMeans(size, n_init=2, random_state=_SEED).fit_predict(vectors)
    by_size = np.argsort(-np.bincount(found, minlength=size), kind="stable")
    return np.asarray(np.argsort(by_size)[found], dtype=np.int64)


def _names(texts: Sequence[str], codes: Indices, clusters: Sequence[int]) -> list[str]:
    """Return a name for each cluster: its number, and the words that set it apart."""
    table = word_table(texts)
    everywhere = np.asarray(table.counts.sum(axis=0)).ravel()
    names = []
    for cluster in clusters:
        inside = np.asarray(table.counts[np.flatnonzero(codes == cluster)].sum(axis=0)).ravel()
        scores = log_odds_scores(inside, everywhere - inside)
        top = [int(word) for word in np.argsort(-scores, kind="stable")[:_NAMED_BY]]
        words = ", ".join(table.words[word] for word in top if scores[word] > 0)
        names.append(f"Cluster {cluster + 1}" + (f" ({words})" if words else ""))
    return names
