"""The house keeps its rules: doors, sizes, names, and what the app process loads."""

import ast
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from textcls_core.workspace import APP_DIR

PRODUCT = sorted(
    file for folder in ("textcls_core", "pages") for file in (APP_DIR / folder).rglob("*.py")
)
PAGES = sorted((APP_DIR / "pages").glob("*.py"))
MAX_LINES, MAX_PAGE_LINES, MAX_BODY_LINES, MEDIAN_BODY_LINES = 400, 150, 40, 10
BANNED_NAMES = {"utils", "util", "common", "helpers", "manager", "managers", "misc"}
STYLE_SHEET = "st.html(_READABLE)"
"""A constant of the frame, the one call with markup: no word of it is foreign."""
RISKY_CALLS = ("unsafe_allow_html", "st.html(", "st.iframe(", "components.v1", "st.write(")
HEAVY = {"torch", "transformers", "sklearn", "optuna"}
ALWAYS_IMPORTED = (
    "pages._app.dataset_versions",
    "pages._app.dataset_map",
    "pages._app.evaluation_compare",
    "pages._app.evaluation_overview_cache",
    "pages._app.evaluation_slices",
    "pages._app.evaluation_report",
    "pages._app.frame",
    "pages._app.group_form",
    "pages._app.group_view",
    "pages._app.dataset_import",
    "pages._app.live_run",
    "pages._app.mistakes_label_next",
    "pages._app.mistakes_similar",
    "pages._app.mistakes_inspect",
    "pages._app.mistakes_causes",
    "pages._app.mistakes_why",
    "pages._app.run_actions",
    "pages._app.prediction_onnx",
    "pages._app.training_form",
    "pages._app.training_plan",
    "textcls_core.charts.dataset",
    "pages._app.evaluation_calibration",
    "textcls_core.charts.evaluation.calibration",
    "pages._app.evaluation_curves",
    "pages._app.evaluation_matrix",
    "textcls_core.charts.evaluation.compare",
    "textcls_core.charts.evaluation.curves",
    "textcls_core.charts.evaluation.decisions",
    "textcls_core.charts.evaluation.label_errors",
    "textcls_core.charts.evaluation.matrix",
    "textcls_core.charts.evaluation.slices",
    "textcls_core.charts.groups",
    "textcls_core.charts.mistakes",
    "textcls_core.charts.mistakes_causes",
    "textcls_core.charts.training",
    "textcls_core.dataset.store",
    "textcls_core.embeddings.clusters",
    "textcls_core.evaluation.evaluation",
    "textcls_core.evaluation.metrics",
    "textcls_core.mistakes.active_learning.job",
    "textcls_core.mistakes.active_learning.labelling",
    "textcls_core.mistakes.causes.job",
    "textcls_core.mistakes.similar_training_rows",
    "textcls_core.mistakes.examples",
    "textcls_core.models.catalogue",
    "textcls_core.models.token_lengths",
    "textcls_core.runs.rules",
    "textcls_core.runs.row_facts",
    "textcls_core.reporting.saving",
    "textcls_core.runs.comparison_words",
    "textcls_core.runs.store",
    "textcls_core.runs.temperature",
    "textcls_core.training.baseline_fitting",
    "textcls_core.training.baselines",
    "textcls_core.training.estimate",
    "textcls_core.training.groups",
    "textcls_core.training.launch",
    "textcls_core.training.preview",
    "textcls_core.training.samples",
    "textcls_core.training.trackers",
)


def name_of(file: Path) -> str:
    return str(file.relative_to(APP_DIR))


def body_lengths(file: Path) -> Iterator[tuple[str, int]]:
    """Yield each function of a file with the lines of its body, docstring left out."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
            yield f"{name_of(file)}:{node.name}", lines


def imported_at_the_top(file: Path) -> list[str]:
    """Return the modules that a file imports when it is run, other pages left out."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found = [node.module for node in tree.body if isinstance(node, ast.ImportFrom) and node.module]
    return [module for module in found if not module.startswith("pages")]


def loaded_with(modules: Sequence[str]) -> str:
    """Return which of the heavy libraries a fresh process has loaded with these modules."""
    imports = "; ".join(f"import {module}" for module in modules)
    look = f"import sys; print(sorted({HEAVY} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", f"{imports}; {look}"], cwd=APP_DIR, capture_output=True, text=True
    )
    return done.stdout.strip() or done.stderr


def test_import_contracts_hold() -> None:
    command = "from importlinter.cli import lint_imports_command as run; run()"

    done = subprocess.run(
        [sys.executable, "-c", command], cwd=APP_DIR, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("file", PRODUCT, ids=name_of)
def test_file_is_short(file: Path) -> None:
    limit = MAX_PAGE_LINES if file in PAGES else MAX_LINES

    lines = file.read_text(encoding="utf-8").count("\n")

    assert lines <= limit


def test_functions_are_short() -> None:
    lengths = [item for file in PRODUCT for item in body_lengths(file)]

    too_long = [item for item in lengths if item[1] > MAX_BODY_LINES]

    assert too_long == []
    assert statistics.median(length for _, length in lengths) < MEDIAN_BODY_LINES


def test_no_module_is_a_drawer() -> None:
    names = {file.stem for file in PRODUCT} | {file.parent.name for file in PRODUCT}

    assert names.isdisjoint(BANNED_NAMES)


@pytest.mark.parametrize("file", [*PAGES, *(APP_DIR / "pages" / "_app").glob("*.py")], ids=name_of)
def test_page_shows_foreign_text_only_through_safe_calls(file: Path) -> None:
    text = file.read_text(encoding="utf-8").replace(STYLE_SHEET, "")

    assert [call for call in RISKY_CALLS if call in text] == []


def test_style_sheet_of_the_frame_is_a_literal() -> None:
    frame = ast.parse((APP_DIR / "pages" / "_app" / "frame.py").read_text(encoding="utf-8"))
    named = [node for node in ast.walk(frame) if isinstance(node, ast.Name)]
    uses = [node for node in named if node.id == "_READABLE"]
    [value] = [
        node.value
        for node in frame.body
        if isinstance(node, ast.Assign) and node.targets[0] in uses
    ]

    assert isinstance(value, ast.Constant)
    assert len(uses) == 2  # set once, shown once


@pytest.mark.parametrize("file", PAGES, ids=name_of)
def test_page_starts_inside_the_frame(file: Path) -> None:
    assert "frame.require()" in file.read_text(encoding="utf-8")


def test_app_process_starts_without_torch() -> None:
    assert loaded_with(ALWAYS_IMPORTED) == "[]"


def test_pages_open_without_torch() -> None:
    modules = sorted({module for page in PAGES for module in imported_at_the_top(page)})

    assert loaded_with(["pages._app.frame", *modules]) == "[]"


def test_views_are_imported_ahead_without_torch() -> None:
    ahead = "pages._app.frame; pages._app.frame.import_views()"

    assert loaded_with([ahead]) == "[]"


@pytest.mark.parametrize("room", ["dataset", "training", "evaluation", "mistakes", "explanation"])
def test_feature_word_names_page_core_charts_and_tests(room: str) -> None:
    places = (f"pages/{room}.py", f"textcls_core/{room}/__init__.py", f"tests/{room}")
    charts = [APP_DIR / f"textcls_core/charts/{room}{end}" for end in (".py", "/__init__.py")]

    assert [place for place in places if not (APP_DIR / place).exists()] == []
    assert any(file.exists() for file in charts)
