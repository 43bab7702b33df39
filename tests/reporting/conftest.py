"""Runs to report on; the hostile ones are those of the pages."""

from tests.pages.conftest import hostile_dataset, hostile_run

__all__ = ["hostile_dataset", "hostile_run"]
