"""Classifiers of four families, saved and ready to be explained."""

import pytest

from textcls_core.explanation.attributions import load_attributable
from textcls_core.models.classifier import Classifier

LABELS = ("animals", "food", "weather")


@pytest.fixture(scope="package")
def saved(tiny_models, tmp_path_factory):
    """Folders of saved classifiers by family."""
    root = tmp_path_factory.mktemp("saved")
    for family, folder in tiny_models.items():
        Classifier.from_pretrained(folder, LABELS, max_length=64).save(root / family)
    return {family: root / family for family in tiny_models}


@pytest.fixture(scope="package")
def attributable(saved):
    """Classifiers whose texts can be attributed, by family."""
    return {family: load_attributable(folder) for family, folder in saved.items()}
