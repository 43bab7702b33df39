"""Mistakes: what the model got wrong, why, and what to do about it."""

from collections.abc import Callable

from pages._app import controls, frame
from pages._app.mistakes_causes import show_causes
from pages._app.mistakes_changes import show_changes
from pages._app.mistakes_inspect import show_inspect
from pages._app.mistakes_label_next import show_label_next
from textcls_core.dataset.text_dataset import Split
from textcls_core.runs.run import Run

frame.require()

VIEWS: dict[str, Callable[[Run, Split], None]] = {
    "Inspect": show_inspect,
    "Causes": show_causes,
    "Changes": show_changes,
    "Label next": show_label_next,
}

with controls.header("Mistakes", "What the model got wrong, why, and what to do about it."):
    chosen = controls.choose_run()
    chosen_split = controls.choose_split(chosen) if chosen else None
if chosen is None or chosen_split is None:
    controls.no_finished_run("read the examples that a run misclassified")
else:
    panel = controls.choose_view("mistakes", list(VIEWS))
    VIEWS[panel](chosen, chosen_split)
