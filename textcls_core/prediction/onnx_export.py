"""A finished run as a folder for ONNX Runtime: graph, tokenizer, facts and README, or nothing.

Imports torch only when it works, so pages can ask what there is. See `textcls_core.jobs`.
"""

import shutil
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import InvalidArgumentError
from textcls_core.files import digest_of, read_json, replaced_directory, write_json, write_text
from textcls_core.jobs.progress import Report, ignore
from textcls_core.models.tokens import OVERLAP
from textcls_core.prediction.onnx_facts import (
    GRAPH_FILE,
    INPUTS,
    README_FILE,
    GraphCheck,
    OnnxExport,
    read_export,
)
from textcls_core.prediction.onnx_readme import readme
from textcls_core.runs.run import Run
from textcls_core.runs.store import RunStore
from textcls_core.workspace import Workspace

if TYPE_CHECKING:
    from textcls_core.models.classifier import Classifier

ENTRY = "textcls_core.prediction.onnx_export:run_job"
REQUIREMENTS = "requirements-onnx.txt"
_MODULES = ("onnx", "onnxscript", "onnxruntime")
_NUM_OWN_TEXTS, _ROWS_LOOKED_AT = 5, 1_000
_STEPS = 3


def require_onnx() -> None:
    """Check that the libraries are installed.

    Raises:
        InvalidArgumentError: If one is not.
    """
    missing = [name for name in _MODULES if find_spec(name) is None]
    if missing:
        raise InvalidArgumentError(
            f"ONNX files need {', '.join(missing)}, which is not installed here. Install it with "
            f'"pip install -r {REQUIREMENTS}".'
        )


def export_folder(workspace: Workspace, run: Run) -> Path:
    """Return where the job writes the export of a run."""
    return workspace.exports_dir / f"{run.run_id}-onnx"


def export_arguments(run: Run) -> dict[str, Any]:
    """Return what identifies the job; it is another one when the model or its rule is."""
    return {"run_id": run.run_id, "version": _version(run)}


def written_export(workspace: Workspace, run: Run) -> OnnxExport | None:
    """Return what the job wrote for the run as it is now, or None."""
    export = read_export(export_folder(workspace, run))
    return export if export is not None and export.version == _version(run) else None


def run_job(workspace: Workspace, arguments: dict[str, Any], progress: Report) -> None:
    """Write the export of a run into the workspace; see `export_arguments`."""
    run = RunStore.open(workspace).open_run(str(arguments["run_id"]))
    workspace.exports_dir.mkdir(parents=True, exist_ok=True)
    export_run(workspace, run, export_folder(workspace, run), progress)


def export_run(workspace: Workspace, run: Run, folder: Path, report: Report = ignore) -> OnnxExport:
    """Write a run as ONNX into a folder, which is there whole and checked or not at all.

    Args:
        workspace: Where the run and its data set lie.
        run: A run that ended with a model.
        folder: To make, empty, or an earlier export, which is replaced.
        report: Told what is being done.

    Raises:
        InvalidArgumentError: If a library is missing, or the folder holds anything else.
        RunStateError: If the run has no finished model.
        ModelError: If the architecture cannot be written, or ONNX Runtime computes other logits.
    """
    require_onnx()
    model_dir, place = run.require_model(), require_replaceable(folder)
    from textcls_core.models.classifier import Classifier
    from textcls_core.prediction.onnx_graph import check_graph, write_graph

    with replaced_directory(place) as fresh:
        report(0, _STEPS, "Loading the model")
        classifier = Classifier.load(model_dir)
        report(1, _STEPS, "Writing the graph")
        write_graph(Classifier.load(model_dir, attention="eager"), fresh / GRAPH_FILE)
        report(2, _STEPS, "Comparing with ONNX Runtime")
        check = check_graph(classifier, fresh / GRAPH_FILE, _own_texts(workspace, run))
        export = _facts(run, classifier, check)
        _write_beside(fresh, model_dir, classifier, export)
        export = export.save(fresh)
        require_replaceable(folder)  # somebody may have put something there meanwhile
    report(_STEPS, _STEPS, "Written")
    return export


def require_replaceable(folder: Path) -> Path:
    """Return the absolute path of a folder that nobody loses anything by replacing.

    Raises:
        InvalidArgumentError: If it is a file, holds anything but an earlier export, or there is no
            folder around it.
    """
    place = folder.expanduser().resolve()
    if not place.parent.is_dir() or (place.exists() and not place.is_dir()):
        raise InvalidArgumentError(
            f'Expected a new folder inside a folder that exists, got "{folder}". '
            "Make the folder around it first, or choose another name."
        )
    if not place.exists():
        return place
    earlier = read_export(place)
    foreign = {file.name for file in place.iterdir()} - set(earlier.files if earlier else ())
    if foreign:
        raise InvalidArgumentError(
            f'Expected a new folder or an earlier export, but "{folder}" holds "{min(foreign)}". '
            "Choose another folder."
        )
    return place


def _version(run: Run) -> str:
    return digest_of(run.decision_key)


def _own_texts(workspace: Workspace, run: Run) -> Sequence[str]:
    """Return some texts of the data set, from short to long; none if it is gone."""
    store, fingerprint = DatasetStore.open(workspace), run.config.dataset_fingerprint
    if store.get(fingerprint) is None:
        return []
    dataset = store.load(fingerprint)
    rows = np.arange(min(dataset.num_examples, _ROWS_LOOKED_AT))
    texts = sorted(set(dataset.texts(rows)), key=lambda text: (len(text), text))
    return texts[:: -(-len(texts) // _NUM_OWN_TEXTS)]


def _facts(run: Run, classifier: "Classifier", check: GraphCheck) -> OnnxExport:
    design, decision = classifier.design, classifier.decision
    return OnnxExport(
        run_id=run.run_id,
        version=_version(run),
        family=classifier.model.config.model_type,
        label_names=classifier.label_names,
        task=design.task,
        pooling=design.pooling,
        max_length=classifier.max_length,
        long_documents=design.long_documents,
        max_windows=design.max_windows,
        window_stride=int(classifier.max_length * OVERLAP),
        temperature=decision.temperature,
        decision_rule=decision.rule,
        check=check,
    )


def _write_beside(
    folder: Path, model_dir: Path, classifier: "Classifier", export: OnnxExport
) -> None:
    """Write tokenizer, model settings and README; the tokenizer gives what the graph reads."""
    classifier.tokenizer.save_pretrained(folder)
    settings = folder / "tokenizer_config.json"
    write_json(settings, {**read_json(settings), "model_input_names": list(INPUTS)})
    shutil.copyfile(model_dir / "config.json", folder / "config.json")
    write_text(folder / README_FILE, readme(export))
