"""What pages remember: the workspace, cached results, and choices kept in the URL.

Session state holds plain values only. What a view shows lives in the URL, so that a copied link
opens the same view; a choice that is absent there is taken from the page visited before.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from textcls_core.config import RunConfig
from textcls_core.dataset.audit import require_trainable
from textcls_core.dataset.statistics import sample_texts
from textcls_core.dataset.store import DatasetInfo, DatasetStore
from textcls_core.dataset.text_dataset import Split, TextDataset
from textcls_core.errors import ModelError
from textcls_core.evaluation.by_task import AnyPredictions
from textcls_core.models.catalogue import locate_tokenizer
from textcls_core.runs import versions
from textcls_core.runs.history import History, read_history
from textcls_core.runs.run import Run
from textcls_core.runs.store import RunStore
from textcls_core.training.baselines import (
    Baseline,
    baselines_of_run,
    baselines_of_runs,
    read_baselines,
)
from textcls_core.training.preview import FirstStep, preview_of
from textcls_core.training.rows import epoch_rows
from textcls_core.workspace import Workspace

_LOOK_AGAIN_SECONDS = 30.0
"""A model that is not found is looked for again after this time."""
_ROWS = {"dataset", "oversampling", "num_folds", "fold"}
"""Settings that decide which rows are trained on."""
_PREVIEWED = {
    *("model", "seed", "max_length", "long_documents", "max_windows"),
    *("batch_size", "gradient_accumulation_steps", "num_processes", "num_nodes"),
    "tokens_per_step",
    *_ROWS,
}
"""Settings that decide what the first batch looks like."""


def workspace() -> Workspace:
    """Return the workspace of this app."""
    return Workspace.default()


@st.cache_resource(max_entries=4, show_spinner="Opening the workspace")
def _dataset_store(root: str) -> DatasetStore:
    return DatasetStore.open(Workspace(Path(root)))


def dataset_store() -> DatasetStore:
    """Return the data sets, with the embedded one among them."""
    return _dataset_store(str(workspace().root))


def baselines(fingerprint: str) -> list[Baseline]:
    """Return the baselines of a data set version, those of all models among them."""
    return read_baselines(workspace(), fingerprint)


def run_baselines(run: Run, split: Split) -> list[Baseline]:
    """Return the baselines that a run is compared with on one split."""
    return baselines_of_run(workspace(), run.config, split)


def shared_baselines(runs: Sequence[Run], split: Split) -> list[Baseline]:
    """Return the baselines on the rows that several runs share on one split."""
    return baselines_of_runs(workspace(), [run.config for run in runs], split)


def measure_baselines(fingerprint: str) -> None:
    """Measure the baselines of a data set version that need no model.

    Raises:
        DatasetFormatError: If no run could be trained on it either.
    """
    from textcls_core.training.baseline_fitting import ensure_baselines

    rows = dataset(fingerprint)
    require_trainable(rows)
    ensure_baselines(workspace(), rows)


def dataset_title(run: Run) -> str:
    """Return name and version number of what a run was trained on."""
    return versions.dataset_title(DatasetStore(workspace().datasets_dir), run)


def run_store() -> RunStore:
    """Return the runs."""
    return RunStore.open(workspace())


def dataset_infos() -> list[DatasetInfo]:
    """Return all data set versions, newest first."""
    return dataset_store().versions()


@st.cache_resource(max_entries=2, show_spinner="Reading the data set")
def _dataset(root: str, fingerprint: str) -> TextDataset:
    return DatasetStore(Path(root)).load(fingerprint)


def dataset(fingerprint: str) -> TextDataset:
    """Return the rows of one version."""
    return _dataset(str(workspace().datasets_dir), fingerprint)


def decision_key(run: Run) -> str:
    """Return what its figures depend on: the key of everything remembered of a run."""
    return run.decision_key


@st.cache_resource(max_entries=1, show_spinner="Loading the model")
def _predicting_classifier(folder: str, decision: str) -> Any:  # noqa: ARG001 - the key
    from textcls_core.models.classifier import Classifier

    return Classifier.load(Path(folder))


def predicting_classifier(run: Run) -> Any:
    """Return the classifier of a finished run; one is kept in memory.

    Raises:
        RunStateError: If the run is not finished.
    """
    return _predicting_classifier(str(run.require_model()), decision_key(run))


@st.cache_data(max_entries=32, ttl=_LOOK_AGAIN_SECONDS, show_spinner="Looking for the model")
def _find_tokenizer(model: str) -> tuple[str, str]:
    """Return the folder, or why there is none: a hub that is down is not asked at every click."""
    try:
        return str(locate_tokenizer(model)), ""
    except ModelError as error:
        return "", str(error)


def tokenizer_dir(model: str) -> Path:
    """Return a folder with the tokenizer and the config.json of a model.

    Raises:
        ModelError: If it is missing or unreachable.
    """
    folder, problem = _find_tokenizer(model)
    if problem:
        raise ModelError(problem)
    return Path(folder)


@st.cache_data(max_entries=2, show_spinner="Reading texts")
def _sample_texts(root: str, fingerprint: str) -> list[str]:
    store = DatasetStore(Path(root))
    info = store.find(fingerprint)
    return sample_texts(store.path(info), info)


def texts_to_measure(fingerprint: str) -> list[str]:
    """Return the texts of a data set version, or of a fixed sample of it."""
    return _sample_texts(str(workspace().datasets_dir), fingerprint)


@st.cache_data(max_entries=8, show_spinner="Counting tokens")
def token_lengths(fingerprint: str, model: str) -> Any:
    """Return tokens per text of a data set version, shape (N,), or of a sample of it."""
    from textcls_core.models.token_lengths import cached_token_lengths

    texts = texts_to_measure(fingerprint)
    return cached_token_lengths(texts, fingerprint, tokenizer_dir(model), workspace().cache_dir)


@st.cache_data(max_entries=8, show_spinner="Counting the rows")
def _epoch_size(fingerprint: str, settings: str) -> int:
    return len(epoch_rows(RunConfig.model_validate_json(settings), dataset(fingerprint)))


def epoch_size(config: RunConfig, fingerprint: str) -> int:
    """Return how many texts an epoch draws, in folds and oversampled as the settings say."""
    return _epoch_size(fingerprint, config.model_dump_json(include=_ROWS))


@st.cache_data(max_entries=8, show_spinner="Cutting the first texts into tokens")
def _first_step(fingerprint: str, settings: str, num_rows: int) -> FirstStep:
    config = RunConfig.model_validate_json(settings)
    return preview_of(dataset(fingerprint), config, tokenizer_dir(config.model), num_rows)


def first_step(config: RunConfig, fingerprint: str, num_rows: int) -> FirstStep:
    """Return the first training step, and some of its texts as the model will see them."""
    return _first_step(fingerprint, config.model_dump_json(include=_PREVIEWED), num_rows)


@st.cache_resource(max_entries=16, show_spinner=False)
def _history(file: str, size: int, modified: int) -> History:  # noqa: ARG001 - the key
    return read_history(Path(file))


def history(run: Run) -> History:
    """Return the metric rows of a run; the file is read again only when it has changed."""
    try:
        found = run.history_file.stat()
    except FileNotFoundError:
        return History(())
    return _history(str(run.history_file), found.st_size, found.st_mtime_ns)


@st.cache_resource(max_entries=4, show_spinner=False)
def _live_predictions(folder: str, modified: int) -> AnyPredictions | None:  # noqa: ARG001 - the key
    return Run(Path(folder)).live_predictions()


def live_predictions(run: Run) -> AnyPredictions | None:
    """Return the predictions of the newest validation, if there was one; read once each."""
    file = run.live_predictions_file
    modified = file.stat().st_mtime_ns if file.exists() else 0
    return _live_predictions(str(run.folder), modified)


def theme() -> Literal["light", "dark"]:
    """Return the theme of the page, which words in a chart do not follow by themselves."""
    return "dark" if st.context.theme.type == "dark" else "light"


def parameter(name: str, default: str = "") -> str:
    """Return a choice from the URL, or from the page visited before."""
    value = st.query_params.get(name)
    if value is None:
        value = st.session_state.get(f"url.{name}")
        if value:
            st.query_params[name] = value
    st.session_state[f"url.{name}"] = value or ""
    return str(value or default)


def set_parameter(name: str, value: str | None) -> None:
    """Put a choice into the URL, or take it out."""
    st.session_state[f"url.{name}"] = value or ""
    if value:
        st.query_params[name] = value
    else:
        st.query_params.pop(name, None)


def ignore_parameter(name: str, what: str) -> None:
    """Say that the URL names something that does not exist here, and take it out."""
    st.toast(f"The link names a {what} that does not exist here; it was ignored.")
    set_parameter(name, None)


def remember(name: str, value: str) -> None:
    """Make a choice for the pages visited next, without changing this page's address."""
    st.session_state[f"url.{name}"] = value


def choose(
    name: str,
    title: str,
    options: Mapping[Any, str] | Sequence[str],
    *,
    default: str,
    pin: bool = False,
    draw: Callable[..., Any] = st.selectbox,
    **arguments: Any,
) -> str:
    """Return the option in the URL under `name`, with a widget to change it.

    Args:
        name: URL parameter.
        title: Label of the widget.
        options: Values with the labels to show, or plain values. No widget used here reads
            Markdown in them.
        default: Value when the URL has none; it is left out of the URL.
        pin: Write the default into the URL too, because it may be another one tomorrow.
        draw: `st.selectbox`, `st.segmented_control` or a widget like them.
        **arguments: Further arguments of the widget.
    """
    given = options if isinstance(options, Mapping) else {option: option for option in options}
    labels = distinct_labels(given)
    is_linked = name in st.query_params
    value = parameter(name, default)
    if value not in labels:
        if is_linked:
            ignore_parameter(name, title.lower())
        else:  # remembered from a page that offers others
            set_parameter(name, None)
        value = default
    if pin:
        set_parameter(name, value)
    key = f"choose.{name}"
    st.session_state[key] = value
    draw(
        title,
        list(labels),
        format_func=labels.__getitem__,
        key=key,
        on_change=_remember,
        args=(name, key, default),
        **arguments,
    )
    return value


def choose_many(
    name: str, title: str, labels: Mapping[Any, str], *, noun: str, **arguments: Any
) -> list[str]:
    """Return the options in the URL under `name`, with a widget to change them.

    Args:
        name: URL parameter; it holds the options separated by commas.
        title: Label of the widget.
        labels: Values with the labels to show.
        noun: What an option is, for the note about one that does not exist.
        **arguments: Further arguments of `st.multiselect`.
    """
    shown = distinct_labels(labels)
    wanted = [value for value in parameter(name).split(",") if value]
    known = [value for value in dict.fromkeys(wanted) if value in shown]
    if known != wanted:
        ignore_parameter(name, noun)
        set_parameter(name, ",".join(known))
    key = f"choose.{name}"
    st.session_state[key] = known
    st.multiselect(
        title,
        list(shown),
        format_func=shown.__getitem__,
        key=key,
        on_change=_remember_many,
        args=(name, key),
        **arguments,
    )
    return known


def _remember_many(name: str, key: str) -> None:
    set_parameter(name, ",".join(st.session_state[key]))


def distinct_labels(labels: Mapping[Any, str]) -> dict[Any, str]:
    """Return labels that all differ; Streamlit tells options apart by nothing else."""
    owners: dict[str, Any] = {}
    repeats: Counter[str] = Counter()
    for value, text in labels.items():
        shown = text
        while shown in owners:
            repeats[text] += 1
            shown = f"{text} ({repeats[text] + 1})"
        owners[shown] = value
    return {value: shown for shown, value in owners.items()}


def _remember(name: str, key: str, default: str) -> None:
    value = st.session_state[key] or default
    set_parameter(name, None if value == default else value)


def search(name: str, title: str, default: str = "", **arguments: Any) -> str:
    """Return the words in the URL under `name`, with a search field to change them."""
    key = f"choose.{name}"
    st.session_state[key] = parameter(name, default)
    st.text_input(
        title,
        key=key,
        type="search",
        max_chars=200,
        on_change=_remember,
        args=(name, key, default),
        **arguments,
    )
    return str(st.session_state[key] or default)
