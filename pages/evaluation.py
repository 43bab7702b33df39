"""Evaluate: how good a run is, class by class, and how far that can be believed."""

from collections.abc import Callable

from pages._app import controls, frame, run_cache
from pages._app.evaluation_calibration import show_calibration
from pages._app.evaluation_compare import show_compare
from pages._app.evaluation_curves import show_curves
from pages._app.evaluation_decisions import show_decisions
from pages._app.evaluation_matrix import show_matrix
from pages._app.evaluation_overview import show_overview
from pages._app.evaluation_report import show_report
from pages._app.evaluation_slices import show_slices
from textcls_core.dataset.text_dataset import Split
from textcls_core.evaluation.figures import Figures
from textcls_core.runs.run import Run

frame.require()

VIEWS: dict[str, Callable[[Run, Split, Figures], None]] = {
    "Overview": show_overview,
    "Matrix": show_matrix,
    "Curves": show_curves,
    "Calibration": show_calibration,
    "Decisions": show_decisions,
    "Slices": show_slices,
    "Compare": show_compare,
    "Report": show_report,
}

with controls.header("Evaluate", "How often the model is right, and how far to believe it."):
    chosen = controls.choose_run()
    chosen_split = controls.choose_split(chosen) if chosen else None
if chosen is None or chosen_split is None:
    controls.no_finished_run("see accuracy, F1 per class and the confusion matrix of a run")
else:
    panel = controls.choose_view("evaluation", list(VIEWS))
    VIEWS[panel](chosen, chosen_split, run_cache.evaluation(chosen, chosen_split))
