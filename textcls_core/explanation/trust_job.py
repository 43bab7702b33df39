"""The background job of the trust meter; see `textcls_core.jobs`. torch is imported when it works.

Its result lies in `cache/trust/` and is named by what it depends on.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from textcls_core.dataset.store import DatasetStore
from textcls_core.explanation.trust_report import TrustReport
from textcls_core.files import digest_of
from textcls_core.jobs.progress import Report, ignore
from textcls_core.workspace import Workspace

ENTRY = "textcls_core.explanation.trust_job:run_job"
NUM_TEXTS = 20
"""Texts of a sample unless asked for more: some minutes on two cores."""
_RECIPE = 7
"""Raised when the figures change, so that older reports are made again."""


def sample_rows(row_ids: Sequence[str], num_texts: int = NUM_TEXTS, seed: int = 0) -> list[str]:
    """Return a random sample of some rows, in their order."""
    drawn = np.random.default_rng(seed).permutation(len(row_ids))[:num_texts]
    return [row_ids[row] for row in sorted(drawn.tolist())]


def trust_arguments(
    model_dir: Path, version: str, fingerprint: str, row_ids: Sequence[str]
) -> dict[str, Any]:
    """Return what identifies a measurement.

    Args:
        model_dir: Folder of the model.
        version: Changes when the model does, or its temperature: `Run.decision_key`.
        fingerprint: The data set version.
        row_ids: Rows whose texts are explained.
    """
    return {
        "model_dir": str(model_dir),
        "version": version,
        "fingerprint": fingerprint,
        "row_ids": list(row_ids),
    }


def text_arguments(model_dir: Path, version: str, text: str) -> dict[str, Any]:
    """Return what identifies a measurement on one text alone.

    Args:
        model_dir: Folder of the model.
        version: See `trust_arguments`.
        text: Any text.
    """
    return {"model_dir": str(model_dir), "version": version, "text": text}


def trust_file(workspace: Workspace, arguments: dict[str, Any]) -> Path:
    """Return where the report of a measurement lies, whether it is there or not."""
    return workspace.cache_dir / "trust" / f"{digest_of([_RECIPE, arguments])}.json"


def run_job(workspace: Workspace, arguments: dict[str, Any], progress: Report) -> None:
    """Measure; see `trust_arguments` and `text_arguments`."""
    ensure_trust(workspace, arguments, progress)


def ensure_trust(
    workspace: Workspace, arguments: dict[str, Any], progress: Report = ignore
) -> TrustReport:
    """Return the report of a measurement, from disk if it was made before.

    Raises:
        NotFoundError: If the data set is gone.
        InvalidArgumentError: If no text is long enough.
        ModelError: If the model is missing, or gives no attention weights.
    """
    file = trust_file(workspace, arguments)
    found = TrustReport.load(file)
    if found is not None:
        return found
    from textcls_core.explanation.trust import Subjects, measure_trust

    progress(0, 0, "Loading the model")
    texts = _texts(workspace, arguments)
    subjects = Subjects.load(Path(arguments["model_dir"]))
    report = measure_trust(subjects, texts, progress=progress)
    report.save(file)
    return report


def _texts(workspace: Workspace, arguments: dict[str, Any]) -> list[str]:
    if "text" in arguments:
        return [str(arguments["text"])]
    dataset = DatasetStore.open(workspace).load(str(arguments["fingerprint"]))
    return dataset.texts(dataset.positions(arguments["row_ids"]))
