"""The documentation names what exists."""

import re

import pytest

from textcls_core.config import RunConfig
from textcls_core.workspace import APP_DIR

README = (APP_DIR / "README.md").read_text(encoding="utf-8")
LINKS = re.findall(r"\]\(([^)#:]+)\)", README)


@pytest.mark.parametrize("name", RunConfig.model_fields)
def test_setting_is_documented_with_its_meaning(name: str) -> None:
    settings = (APP_DIR / "docs" / "settings.md").read_text(encoding="utf-8")

    description = RunConfig.model_fields[name].description

    assert description
    assert f"| `{name}` |" in settings
    assert description in settings


@pytest.mark.parametrize("link", LINKS)
def test_readme_links_to_files_that_exist(link: str) -> None:
    assert (APP_DIR / link).exists()


@pytest.mark.parametrize("page", ["home", "dataset", "training", "evaluation"])
def test_readme_names_the_pages(page: str) -> None:
    assert f"pages/{page}.py" in README
