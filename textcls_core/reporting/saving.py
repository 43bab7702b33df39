"""Writing reports and model cards to files."""

from pathlib import Path

from textcls_core.errors import InvalidArgumentError
from textcls_core.files import write_text
from textcls_core.reporting.facts import Facts
from textcls_core.reporting.model_card import model_card
from textcls_core.reporting.report import html_report


def save_report(facts: Facts, file: Path) -> Path:
    """Write the HTML report in one step; return where it lies.

    Raises:
        InvalidArgumentError: If there is no such folder, or the file is one.
    """
    return _save(file, html_report(facts))


def save_model_card(facts: Facts, file: Path) -> Path:
    """Write the model card in one step; return where it lies.

    Raises:
        InvalidArgumentError: If there is no such folder, or the file is one.
    """
    return _save(file, model_card(facts))


def save_both(facts: Facts) -> tuple[Path, Path]:
    """Write report and model card into the folder of the run; return where they lie."""
    folder = facts.run.reports_dir
    folder.mkdir(exist_ok=True)
    report = save_report(facts, folder / f"report-{facts.split}.html")
    return report, save_model_card(facts, folder / f"model-card-{facts.split}.md")


def _save(file: Path, content: str) -> Path:
    place = file.expanduser().resolve()
    if place.is_dir() or not place.parent.is_dir():
        raise InvalidArgumentError(
            f'Expected the name of a file in a folder that exists, got "{file}". '
            "Make the folder first, or choose another name."
        )
    write_text(place, content)
    return place
