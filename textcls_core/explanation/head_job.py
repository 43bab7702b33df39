"""Background jobs about heads: what each does over a split, and how far training moved it.

See `textcls_core.jobs`. torch is imported when they work. Their results lie in `cache/heads/` and
are named by what they depend on.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from textcls_core.dataset.store import DatasetStore
from textcls_core.explanation.head_report import HeadReport, MovedReport
from textcls_core.files import digest_of
from textcls_core.jobs.progress import Report, ignore
from textcls_core.models.catalogue import folder_state
from textcls_core.workspace import Workspace

SURVEY_ENTRY = "textcls_core.explanation.head_job:run_survey"
MOVED_ENTRY = "textcls_core.explanation.head_job:run_moved"
NUM_TEXTS = 200
"""Texts of a sample unless asked for more: about a minute on two cores."""
NUM_MOVED_TEXTS = 50
"""The same where two models read every text."""
_RECIPE = 5
"""Raised when the figures change, so that older reports are made again."""


def survey_arguments(
    model_dir: Path, version: str, fingerprint: str, row_ids: Sequence[str]
) -> dict[str, Any]:
    """Return what identifies a survey.

    Args:
        model_dir: Folder of the model.
        version: Changes when the model does: `Run.decision_key`.
        fingerprint: The data set version.
        row_ids: Rows whose texts are read.
    """
    return {
        "model_dir": str(model_dir),
        "version": version,
        "fingerprint": fingerprint,
        "row_ids": list(row_ids),
    }


def moved_arguments(
    model_dir: Path, version: str, fingerprint: str, row_ids: Sequence[str], base: str
) -> dict[str, Any]:
    """Return what identifies a comparison with the pretrained model.

    Args:
        model_dir: See `survey_arguments`.
        version: See `survey_arguments`.
        fingerprint: See `survey_arguments`.
        row_ids: See `survey_arguments`.
        base: Name of the pretrained model: `RunConfig.model`. In a folder the model may become
            another one, which its files tell.
    """
    survey = survey_arguments(model_dir, version, fingerprint, row_ids)
    return {**survey, "base": base, "base_files": folder_state(base)}


def head_file(workspace: Workspace, arguments: dict[str, Any]) -> Path:
    """Return where the report of a job lies, whether it is there or not."""
    return workspace.cache_dir / "heads" / f"{digest_of([_RECIPE, arguments])}.json"


def run_survey(workspace: Workspace, arguments: dict[str, Any], progress: Report) -> None:
    """Look at every head; see `survey_arguments`."""
    ensure_survey(workspace, arguments, progress)


def run_moved(workspace: Workspace, arguments: dict[str, Any], progress: Report) -> None:
    """Compare every head with the pretrained one; see `moved_arguments`."""
    ensure_moved(workspace, arguments, progress)


def ensure_survey(
    workspace: Workspace, arguments: dict[str, Any], progress: Report = ignore
) -> HeadReport:
    """Return what every head does, from disk if it was looked at before.

    Raises:
        NotFoundError: If the data set is gone.
        ModelError: If the model is missing, or gives no attention weights.
    """
    file = head_file(workspace, arguments)
    found = HeadReport.load(file)
    if found is not None:
        return found
    from textcls_core.explanation.attention import load_explainable
    from textcls_core.explanation.head_survey import survey_heads

    progress(0, 0, "Loading the model")
    classifier = load_explainable(Path(arguments["model_dir"]))
    report = survey_heads(classifier, _texts(workspace, arguments), progress=progress)
    report.save(file)
    return report


def ensure_moved(
    workspace: Workspace, arguments: dict[str, Any], progress: Report = ignore
) -> MovedReport:
    """Return how far every head moved, from disk if it was measured before.

    Raises:
        NotFoundError: If the data set is gone.
        ModelError: If either model is missing, they do not fit, or give no attention weights.
    """
    file = head_file(workspace, arguments)
    found = MovedReport.load(file)
    if found is not None:
        return found
    from textcls_core.explanation.attention import load_explainable
    from textcls_core.explanation.head_survey import load_base, measure_moved

    progress(0, 0, "Loading both models")
    tuned, name = load_explainable(Path(arguments["model_dir"])), str(arguments["base"])
    base = load_base(name, tuned)
    texts = _texts(workspace, arguments)
    report = measure_moved(tuned, base, texts, name, progress=progress)
    report.save(file)
    return report


def _texts(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, str]:
    """Return the texts that are read by their row ids."""
    dataset = DatasetStore.open(workspace).load(str(arguments["fingerprint"]))
    row_ids = [str(row_id) for row_id in arguments["row_ids"]]
    return dict(zip(row_ids, dataset.texts(dataset.positions(row_ids)), strict=True))
