"""Baselines: what simple methods reach on a data set, so that a run has something to beat.

Kept per data set version; `baseline_fitting` computes them. Imports neither torch nor scikit-learn.
"""

import hashlib
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field

from textcls_core.config import RunConfig
from textcls_core.dataset.text_dataset import Split
from textcls_core.evaluation.figures import Figures
from textcls_core.evaluation.metric_names import METRICS
from textcls_core.evaluation.multi_label import MultiLabelEvaluation
from textcls_core.files import read_json, write_json
from textcls_core.runs.group import RunGroup
from textcls_core.runs.group_figures import COMPARED
from textcls_core.workspace import Workspace

BaselineName = Literal["majority", "tfidf", "frozen"]
NAMES: tuple[BaselineName, ...] = ("majority", "tfidf", "frozen")
"""In the order in which they are made and shown."""
Figure = Literal[
    "accuracy",
    "balanced_accuracy",
    "macro_f1",
    "weighted_f1",
    "loss",
    "micro_f1",
    "hamming_loss",
]
FIGURES: tuple[Figure, ...] = get_args(Figure)
"""What is measured of a baseline, as far as it can be."""
_FINGERPRINT = re.compile(r"[0-9a-f]{16,}")
_ID_CHARACTERS = 16
_Share = Annotated[float, Field(ge=0, le=1)]
_Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
logger = logging.getLogger(__name__)


class BaselineFigures(BaseModel):
    """What a baseline reaches on one split; shares in [0, 1], defined as in `Figures`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    num_examples: Annotated[int, Field(ge=1)]
    """Rows it was measured on."""
    accuracy: _Share
    balanced_accuracy: _Share
    macro_f1: _Share
    weighted_f1: _Share
    loss: _Amount | None = None
    """Mean cross-entropy, in nats; None for a method that gives no probabilities."""
    micro_f1: _Share | None = None
    """Where a text may have several labels, else None."""
    hamming_loss: _Share | None = None
    """Where a text may have several labels, else None."""

    @classmethod
    def of(cls, result: Figures, *, has_probabilities: bool) -> Self:
        """Return the figures of an evaluation, its loss only if that means something."""
        return cls(
            num_examples=result.num_examples,
            accuracy=result.accuracy,
            balanced_accuracy=result.balanced_accuracy,
            macro_f1=result.macro_f1,
            weighted_f1=result.weighted_f1,
            loss=result.loss if has_probabilities else None,
            **_of_label_sets(result),
        )


def _of_label_sets(result: Figures) -> dict[str, float]:
    """Return the figures that only texts with several labels have."""
    if not isinstance(result, MultiLabelEvaluation):
        return {}
    return {"micro_f1": result.micro_f1, "hamming_loss": result.hamming_loss}


class Baseline(BaseModel):
    """One simple method on one data set version."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipe: Literal[1] = 1
    """Raised when a method changes, so that older files are measured again."""
    name: BaselineName
    title: str
    """A few words for tables and charts."""
    description: str
    """One sentence that says exactly how it was made."""
    fingerprint: str
    """The data set version."""
    model: str = ""
    """Of `frozen`: the model, named as in `RunConfig`."""
    weights: str = ""
    """Of `frozen`: digest of the model's body."""
    num_tokens: int = 0
    """Of `frozen`: tokens read of each text at most."""
    seconds: _Amount
    """Time that fitting and measuring took."""
    validation: BaselineFigures
    test: BaselineFigures

    def figures(self, split: Split) -> BaselineFigures | None:
        """Return the figures on a split; there are none on the rows it was fitted to."""
        return {"validation": self.validation, "test": self.test}.get(split)

    def to_json(self) -> dict[str, Any]:
        """Return the baseline in the stable form of the command line."""
        return self.model_dump(exclude={"fingerprint", "weights"}, exclude_defaults=True)


@dataclass(frozen=True, slots=True)
class GroupBaseline:
    """A baseline beside the members of a group."""

    baseline: Baseline
    figures: Mapping[Split, BaselineFigures]
    """On the splits whose rows are the same for all members."""

    def figure(self, column: str) -> float | None:
        """Return a figure by a column such as `validation_macro_f1`; None where there is none."""
        found = (
            getattr(figures, column.removeprefix(f"{split}_"), None)
            for split, figures in self.figures.items()
            if column.startswith(f"{split}_")
        )
        return next(found, None)

    def to_json(self) -> dict[str, Any]:
        """Return the baseline in the stable form of the command line."""
        measured = {s: f.model_dump(exclude_defaults=True) for s, f in self.figures.items()}
        facts = self.baseline.to_json()
        return {name: facts[name] for name in facts if name not in COMPARED} | measured


def save_baseline(workspace: Workspace, baseline: Baseline) -> None:
    """Keep a baseline, in place of an older one of its name and model."""
    write_json(baseline_file(workspace, baseline), baseline.model_dump(mode="json"))


def baseline_file(workspace: Workspace, baseline: Baseline) -> Path:
    """Return where a baseline is kept."""
    return _folder(workspace, baseline.fingerprint) / _file_name(baseline)


def read_baselines(workspace: Workspace, fingerprint: str) -> list[Baseline]:
    """Return all baselines of a data set version, those of all models among them.

    A damaged file, or one of another version, is left out: it will be measured again.
    """
    if not _FINGERPRINT.fullmatch(fingerprint):
        return []
    files = _folder(workspace, fingerprint).glob("*.json")
    found = [baseline for file in files if (baseline := _read(file, fingerprint)) is not None]
    return sorted(found, key=_order)


def baselines_of(workspace: Workspace, fingerprint: str, model: str) -> list[Baseline]:
    """Return the baselines of a data set version that a run of `model` is compared with."""
    known = read_baselines(workspace, fingerprint)
    return [baseline for baseline in known if baseline.model in {"", model}]


def baselines_of_run(workspace: Workspace, config: RunConfig, split: Split) -> list[Baseline]:
    """Return the baselines that were measured on the same rows as a run.

    There are none for training rows, and none for the validation rows of cross-validation, which
    are others in every fold.
    """
    if not _has_same_rows(config, split):
        return []
    return baselines_of(workspace, config.dataset_fingerprint, config.model)


def baselines_of_runs(
    workspace: Workspace, configs: Sequence[RunConfig], split: Split
) -> list[Baseline]:
    """Return the baselines that were measured on the rows that several runs share.

    The frozen encoders are those of all their models. There are none if the runs are of several
    data set versions.
    """
    if len({config.dataset_fingerprint for config in configs}) != 1:
        return []
    of_each = [baselines_of_run(workspace, config, split) for config in configs]
    found = {(known.name, known.model): known for each in of_each for known in each}
    return sorted(found.values(), key=_order)


def _order(baseline: Baseline) -> tuple[int, str]:
    return NAMES.index(baseline.name), baseline.model


def baselines_of_group(group: RunGroup) -> list[GroupBaseline]:
    """Return the baselines that were measured on the same rows as the members of a group.

    The frozen encoders are those of all models that members train.
    """
    configs = [run.config for run in group.members] or [group.plan.config]
    splits = [split for split in COMPARED if all(_has_same_rows(c, split) for c in configs)]
    fingerprint, models = group.plan.config.dataset_fingerprint, {c.model for c in configs}
    return [
        GroupBaseline(baseline, {split: getattr(baseline, split) for split in splits})
        for baseline in read_baselines(group.workspace, fingerprint)
        if baseline.model in models | {""}
    ]


def _has_same_rows(config: RunConfig, split: Split) -> bool:
    """Tell whether baselines are measured on the rows that a run has in a split."""
    return split == "test" or (split == "validation" and not config.num_folds)


def best_baseline(
    baselines: Sequence[Baseline], split: Split, figure: Figure = "accuracy"
) -> tuple[Baseline, float] | None:
    """Return the best baseline by one figure on a split, with that figure; None without any."""
    values = [
        (baseline, float(value))
        for baseline in baselines
        if (value := getattr(baseline.figures(split), figure, None)) is not None
    ]
    return min(values, key=lambda pair: METRICS[figure].sign * pair[1], default=None)


def _folder(workspace: Workspace, fingerprint: str) -> Path:
    return workspace.baselines_dir / fingerprint[:_ID_CHARACTERS]


def _file_name(baseline: Baseline) -> str:
    """Return a file name that holds no foreign text."""
    if not baseline.model:
        return f"{baseline.name}.json"
    digest = hashlib.sha256(baseline.model.encode()).hexdigest()
    return f"{baseline.name}-{digest[:_ID_CHARACTERS]}.json"


def _read(file: Path, fingerprint: str) -> Baseline | None:
    try:
        baseline = Baseline.model_validate(read_json(file))
    except (OSError, ValueError, RecursionError):  # RecursionError: brackets without end
        logger.warning("The baseline in %s is damaged and will be measured again.", file)
        return None
    is_own = baseline.fingerprint == fingerprint and _file_name(baseline) == file.name
    return baseline if is_own else None
