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


def balance(classifier, text):
    """Shift the logits of all classes to zero on one text, so that small edits decide."""
    import torch

    shift = torch.from_numpy(classifier.predict_logits([text])[0]).float()
    head = [module for module in classifier.model.modules() if isinstance(module, torch.nn.Linear)]
    last = head[-1]
    bias = torch.zeros(len(shift)) if last.bias is None else last.bias
    last.bias = torch.nn.Parameter(bias - shift, requires_grad=False)
