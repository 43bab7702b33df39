"""What the map of a data set remembers: vectors, places, words and encoders, by folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from pages._app import state
from textcls_core.arrays import Embeddings, Indices
from textcls_core.charts.theme import OUTCOME_COLORS
from textcls_core.dataset.contrast import Contrast, WordTable, contrast, word_table
from textcls_core.dataset.sampling import stratified_order
from textcls_core.dataset.store import DatasetInfo
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.embeddings.colouring import (
    Colouring,
    by_class,
    by_column,
    by_length,
    by_outcome,
    by_outliers,
    by_prediction,
    by_split,
)
from textcls_core.embeddings.neighbours import normalised, outlier_scores
from textcls_core.embeddings.projection import Layout, principal_components, stored_umap
from textcls_core.embeddings.source import open_source
from textcls_core.embeddings.store import StoredEmbeddings, read_embeddings
from textcls_core.errors import NotFoundError
from textcls_core.evaluation.predictions import Predictions
from textcls_core.evaluation.sureness import SURE
from textcls_core.runs.run import Run


def opened(folder: str) -> StoredEmbeddings:
    """Return the embeddings in a folder.

    Raises:
        NotFoundError: If they are gone.
    """
    stored = read_embeddings(Path(folder))
    if stored is None:
        raise NotFoundError("The embeddings were deleted just now. Open the page again.")
    return stored


@st.cache_resource(max_entries=2, show_spinner="Reading the embeddings")
def _vectors(folder: str) -> Embeddings:
    return normalised(opened(folder).vectors)


def vectors(stored: StoredEmbeddings) -> Embeddings:
    """Return the vectors of all embedded rows, of length 1, shape (M, D)."""
    return _vectors(str(stored.folder))


@st.cache_resource(max_entries=2, show_spinner="Reading the texts")
def _embedded(folder: str, _info: DatasetInfo) -> TextDataset:
    return opened(folder).rows(_info)


def rows(stored: StoredEmbeddings, info: DatasetInfo) -> TextDataset:
    """Return the embedded rows, in the order of their vectors."""
    return _embedded(str(stored.folder), info)


@st.cache_resource(max_entries=4, show_spinner=False)
def _order(folder: str, _info: DatasetInfo) -> Indices:
    return stratified_order(_embedded(folder, _info))


def order(stored: StoredEmbeddings, info: DatasetInfo) -> Indices:
    """Return the embedded rows in the order in which to draw them."""
    return _order(str(stored.folder), info)


@st.cache_resource(max_entries=4, show_spinner="Finding the directions in which the texts differ")
def _components(folder: str) -> Layout:
    return principal_components(_vectors(folder))


def layout(stored: StoredEmbeddings, method: str) -> Layout | None:
    """Return the places of the rows; of UMAP there are none until its job has run."""
    return _components(str(stored.folder)) if method == "pca" else stored_umap(stored)


@st.cache_resource(max_entries=2, show_spinner="Comparing every text with its neighbours")
def _outliers(folder: str) -> Any:
    return outlier_scores(_vectors(folder))


@st.cache_resource(max_entries=2, show_spinner="Counting words")
def _words(folder: str, _info: DatasetInfo) -> WordTable:
    return word_table(_embedded(folder, _info).texts())


@st.cache_data(max_entries=32, show_spinner="Comparing with the other rows")
def _contrast(folder: str, chosen: str, _rows: Indices, _info: DatasetInfo) -> Contrast:  # noqa: ARG001
    return contrast(_embedded(folder, _info), _words(folder, _info), _rows)


def selection_contrast(
    stored: StoredEmbeddings, info: DatasetInfo, chosen: str, inside: Indices
) -> Contrast:
    """Return what is special about some embedded rows.

    Args:
        stored: All embedded rows.
        info: Of their data set version.
        chosen: Names the choice, for the cache: method and area.
        inside: Positions of the chosen rows.
    """
    return _contrast(str(stored.folder), chosen, inside, info)


@st.cache_resource(max_entries=1, show_spinner="Loading the model")
def _encoder(root: str, source: str, num_tokens: int) -> Any:  # noqa: ARG001 - the key
    from textcls_core.embeddings.encoder import TextEncoder

    return TextEncoder.load(open_source(state.workspace(), source), num_tokens)


@st.cache_data(max_entries=64, show_spinner="Reading the text")
def _vector(root: str, source: str, num_tokens: int, text: str) -> Any:
    return normalised(_encoder(root, source, num_tokens).encode([text]))


def text_vector(stored: StoredEmbeddings, text: str) -> Embeddings:
    """Return the vector of any text by the same encoder, of length 1, shape (1, D).

    Raises:
        ModelError: If the model is not there any more.
    """
    info, root = stored.info, str(state.workspace().root)
    found: Embeddings = _vector(root, info.source, info.num_tokens, text)
    return found


def colouring(name: str, stored: StoredEmbeddings, info: DatasetInfo, run: Run | None) -> Colouring:
    """Return what the colour of each embedded row says.

    Args:
        name: `class`, `split`, `length`, `outlier`, `predicted`, `outcome`, or `column.` and a
            further column of the data set.
        stored: M embedded rows.
        info: Of their data set version.
        run: For `predicted` and `outcome`.
    """
    embedded = rows(stored, info)
    if name.startswith("column."):
        return by_column(embedded, name.removeprefix("column."))
    if name == "outlier":
        return by_outliers(_outliers(str(stored.folder)))
    if name == "predicted" and run is not None:
        return by_prediction(embedded, _predictions(run))
    if name == "outcome" and run is not None:
        return by_outcome(embedded, _predictions(run), list(OUTCOME_COLORS), SURE)
    if name == "length":
        return by_length(embedded)
    return by_split(embedded) if name == "split" else by_class(embedded)


def _predictions(run: Run) -> Sequence[Predictions]:
    return [run.single_label_predictions(split, "Colour by outcome") for split in run.splits]
