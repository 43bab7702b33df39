"""The training rows most similar to an example or to any text, and copies of it in training."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from pages._app import controls, map_cache, mistakes_similar_cache, run_cache, state
from pages._app.job_view import offer_job
from pages._app.text import cells, escape, label
from textcls_core.dataset.store import DatasetInfo
from textcls_core.embeddings.computing import MAX_ROWS
from textcls_core.embeddings.store import MAX_TOKENS, StoredEmbeddings, find_embeddings
from textcls_core.errors import ModelError
from textcls_core.mistakes.similar_training_rows import (
    SimilarRow,
    describe_copies,
    rows_similar_to_text,
    similar_training_rows,
    similarity_sentence,
)
from textcls_core.mistakes.training_neighbours import Encoder, encoder_source, parse_encoder
from textcls_core.runs.run import Run
from textcls_core.wording import plural

OpenRow = Callable[[str], None]
_EMBED = "textcls_core.embeddings.job:run_job"
_TABLE_HEIGHT = 390
_COLUMNS = {
    "similarity": st.column_config.NumberColumn(
        format="%.3f", width=80, help="Cosine of the vectors: 1 for the same, near 0 for unrelated"
    ),
    "label": st.column_config.TextColumn(width=130),
    "text": st.column_config.TextColumn(width="large"),
}


def similar_rows_place() -> Any:
    """Return a closed part of the page; similar rows are looked up only once it is opened."""
    return st.expander(
        "Similar training rows",
        icon=":material/join_inner:",
        key="similar_rows",
        on_change="rerun",
        bind="query-params",
    )


def show_similar(run: Run, split: str, row_id: str, open_row: OpenRow) -> None:
    """Show the training rows most similar to a row, and whether it is in training as well.

    Args:
        run: A finished run.
        split: Where the row is.
        row_id: Of the run's data set.
        open_row: Opens the training row with this id.
    """
    info = _find_dataset(run)
    if info is None:
        return
    encoder = _choose_encoder(run)
    stored = _find_vectors(run, encoder)
    same = mistakes_similar_cache.copies(run, row_id)
    if stored is None:
        _show_copies(same, split, is_whole=False)
        _offer(info, run, encoder)
        return
    found = mistakes_similar_cache.neighbours(run, stored)
    if not found.has([row_id])[0]:
        _show_copies(same, split, is_whole=False)
        st.caption("This row is not in the sample that was embedded.")
    else:
        rows, copies = similar_training_rows(found, row_id, same)
        _show_copies(copies, split, is_whole=True)
        _show_rows(rows, f"similar.table.{encoder}.{row_id}", open_row)
        read = _read_of_texts(run, encoder, stored.info.num_tokens)
        _explain(rows, "this example", read)
    if not found.is_complete:
        _offer_all(info, stored)


def show_similar_to_text(run: Run, text: str, answer: str, open_row: OpenRow) -> None:
    """Show the training rows most similar to a text that is no row of the data set.

    Args:
        run: A finished run.
        text: Any text, which is not empty.
        answer: The label that the model gives it, several joined by commas; empty for none.
        open_row: Opens the training row with this id.
    """
    info = _find_dataset(run)
    if info is None:
        return
    encoder = _choose_encoder(run)
    stored = _find_vectors(run, encoder)
    if stored is None:
        _offer(info, run, encoder)
        return
    try:
        vector = map_cache.text_vector(stored, text)
    except ModelError as error:
        st.error(escape(str(error)))
        return
    found = mistakes_similar_cache.neighbours(run, stored)
    rows, copies = rows_similar_to_text(found, text, vector, answer)
    _show_copies(copies, "", is_whole=True)
    _show_rows(rows, f"similar.table.{encoder}.text", open_row)
    read = _read_of_texts(run, encoder, stored.info.num_tokens)
    _explain(rows, f"the answer, {label(answer) if answer else 'which is none'}", read)
    if not found.is_complete:
        _offer_all(info, stored)


def open_training_row(run: Run, row_id: str) -> None:
    """Open a training row here if the run has a prediction for it, else on the Data page."""
    if "train" in run.splits and row_id in run_cache.predictions(run, "train").row_ids:
        for name, value in (("split", "train"), ("row", row_id), ("panel", None)):
            state.set_parameter(name, value)
        st.rerun()
    info = state.dataset_store().find(run.config.dataset_fingerprint)
    link = {"dataset": info.dataset_id, "view": "Explore", "data_row": row_id}
    st.switch_page("pages/dataset.py", query_params=link)


def _find_dataset(run: Run) -> DatasetInfo | None:
    """Return the data set version of a run, or say that it is gone."""
    info = state.dataset_store().get(run.config.dataset_fingerprint)
    if info is None:
        st.info("The data set version of this run was deleted, so there is nothing to compare.")
    return info


def _find_vectors(run: Run, encoder: Encoder) -> StoredEmbeddings | None:
    fingerprint = run.config.dataset_fingerprint
    return find_embeddings(state.workspace(), fingerprint, encoder_source(run, encoder))


def _choose_encoder(run: Run) -> Encoder:
    """Return whose vectors are compared, with a switch."""
    names: dict[Encoder, str] = {
        "own": "As this run sees them",
        "frozen": f"As {label(run.config.model.rstrip('/').rsplit('/', 1)[-1], 20)} saw them first",
    }
    chosen = state.choose(
        "similar_by", "Similar", names, default="own",
        draw=st.segmented_control, label_visibility="collapsed",
    )  # fmt: skip
    return parse_encoder(chosen)


def _show_copies(copies: Sequence[SimilarRow], split: str, *, is_whole: bool) -> None:
    """Say whether the text is in training as well, with the labels it has there."""
    if not copies:
        return
    said = describe_copies(copies)
    if split != "train":
        said += " What is also in training does not show how the model does on new texts."
    if not is_whole:
        said += " Near duplicates are known once the rows are embedded."
    show = st.warning if any(row.conflicts for row in copies) else st.info
    show(f"**Found in training.** {escape(said)}", icon=":material/content_copy:")


def _show_rows(rows: Sequence[SimilarRow], key: str, open_row: OpenRow) -> None:
    """Show similar rows; a click opens one."""
    if not rows:
        st.caption("The run has no other training row.")
        return
    event = st.dataframe(
        _cells(rows),
        hide_index=True,
        height=controls.table_height(len(rows), _TABLE_HEIGHT),
        on_select="rerun",
        selection_mode="single-row",
        key=key,
        column_config=_COLUMNS,
        alt="The most similar training rows with their labels; conflicting labels are marked",
    )
    for position in event["selection"]["rows"]:
        open_row(rows[position].row_id)


def _cells(rows: Sequence[SimilarRow]) -> list[dict[str, Any]]:
    texts = cells([row.text for row in rows])
    shown = [
        {
            "similarity": row.similarity,
            "label": row.label or "no label",
            "agrees": "⚠ conflict" if row.conflicts else "✓ same label",
            "copy": similarity_sentence(row),
            "text": text,
        }
        for row, text in zip(rows, texts, strict=True)
    ]
    if not any(row.copy != "no" for row in rows):
        shown = [{name: cell for name, cell in row.items() if name != "copy"} for row in shown]
    return shown


def _explain(rows: Sequence[SimilarRow], than: str, read: str) -> None:
    """Say what the labels come to, and what similarity means here."""
    conflicts = sum(row.conflicts for row in rows)
    said = f"{conflicts} of the {len(rows)} nearest have another label than {than}."
    st.caption(f"{said} Compared by the {read}. Select a row to open it.")


def _read_of_texts(run: Run, encoder: Encoder, most: int) -> str:
    """Say which tokens of each text have a share in its vector: a run reads no more than its own.

    Args:
        run: A finished run.
        encoder: Whose vectors they are.
        most: Tokens that are read of any text.
    """
    if encoder == "frozen":
        return f"first {most} tokens"
    count = min(run.config.max_length, most)
    if run.config.long_documents == "head_tail":
        return f"first and last tokens, {count} in all"
    return f"first {count} tokens"


def _offer(info: DatasetInfo, run: Run, encoder: Encoder) -> None:
    """Say what is needed to compare rows, and start making it."""
    arguments: dict[str, Any] = {
        "fingerprint": info.fingerprint,
        "source": encoder_source(run, encoder),
    }
    whose = "this run" if encoder == "own" else "the model this run began from"
    with st.container(border=True):
        st.text(
            f"Which training rows are most similar is not known yet. {whose.capitalize()} has to "
            f"embed the rows once, from their {_read_of_texts(run, encoder, MAX_TOKENS)}. "
            "Ten thousand short texts take about two minutes."
        )
        if info.num_examples > MAX_ROWS:
            arguments |= _choose_rows(info)
        offer_job(
            _EMBED, arguments, "Find similar rows", key="similar.embed", icon=":material/hub:"
        )


def _choose_rows(info: DatasetInfo) -> dict[str, int]:
    """Ask whether all rows of a large version are embedded, or a sample."""
    names = {
        "sample": f"A sample of {MAX_ROWS:,} rows, spread over the classes",
        "all": f"All {info.num_examples:,} rows",
    }
    chosen = state.choose("embed_rows", "Rows to embed", names, default="sample", draw=st.radio)
    return {} if chosen == "sample" else {"max_rows": info.num_examples}


def _offer_all(info: DatasetInfo, stored: StoredEmbeddings) -> None:
    """Say that a sample was embedded, and offer the rest."""
    st.caption(
        f"Searched in a sample: {stored.info.num_rows:,} of {plural(info.num_examples, 'row')} of "
        "this version have vectors."
    )
    arguments = {
        "fingerprint": info.fingerprint,
        "source": stored.info.source,
        "max_rows": info.num_examples,
    }
    offer_job(_EMBED, arguments, f"Embed all {info.num_examples:,} rows", key="similar.embed_all")
