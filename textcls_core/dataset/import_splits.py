"""The split of imported rows: the file's own, completed where it says nothing, or a new one."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from pydantic import BaseModel, ConfigDict

from textcls_core.dataset.draft import Draft, split_codes
from textcls_core.dataset.findings import Finding, info
from textcls_core.dataset.splitting import SplitRecipe, resplit, stratified_codes
from textcls_core.dataset.text_dataset import SPLITS
from textcls_core.jobs.progress import Report, ignore
from textcls_core.wording import capitalised, percent, plural

_TRAIN, _VALIDATION, _TEST = range(len(SPLITS))


class SplitPlan(BaseModel):
    """How imported rows get their split."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    use_own: bool = True
    """Take the split that the file names; else it counts as an ordinary column."""
    recipe: SplitRecipe = SplitRecipe()
    """How the splits are made that the file does not name."""


def keep_together(draft: Draft) -> tuple[Draft, Finding]:
    """Return rows without labels; those without a split of their own count as training rows."""
    message = (
        f"{plural(draft.num_rows, 'row')} without labels; those without a split of their own count "
        "as training rows."
    )
    splits = np.where(draft.splits < 0, _TRAIN, draft.splits).astype(np.int8)
    return replace(draft, splits=splits), info("no_labels", draft.num_rows, message)


def complete_splits(
    draft: Draft, plan: SplitPlan, report: Report = ignore
) -> tuple[Draft, Finding]:
    """Return rows that all have a split, and how they came by it.

    Args:
        draft: Rows of which all, some or none have a split.
        plan: How the missing splits are made.
        report: Told how far a long split is; may raise to stop.
    """
    recipe = plan.recipe
    if (draft.splits < 0).all():
        made = _cut(draft, recipe, report)
        return replace(draft, splits=made), info("split_made", len(made), _how(recipe))
    splits = np.where(draft.splits < 0, _TRAIN, draft.splits).astype(np.int8)
    missing = [code for code in (_TEST, _VALIDATION) if not (splits == code).any()]
    if not missing:
        message = "The file's own split is used."
        return replace(draft, splits=splits), info("split_given", len(splits), message)
    train = splits == _TRAIN
    shares = [recipe.shares[code] if code in missing else 0.0 for code in range(len(SPLITS))]
    shares[_TRAIN] = 1 - sum(shares)
    rest = recipe.model_copy(update={"shares": tuple(shares)})
    made = _cut(draft.keep(train), rest, report)
    splits[train] = made
    count = int((made != _TRAIN).sum())
    finding = info("split_completed", count, _completed(missing, recipe))
    return replace(draft, splits=splits), finding


def _cut(draft: Draft, recipe: SplitRecipe, report: Report) -> np.ndarray:
    """Return splits made for all rows, as positions in `SPLITS`, shape (N,)."""
    if recipe.by == "stratified" and draft.task == "single_label":
        _, validation_share, test_share = recipe.shares
        return stratified_codes(
            draft.texts, draft.flat_ids, test_share, validation_share, recipe.seed
        )
    undecided = replace(draft, splits=np.zeros(draft.num_rows, np.int8))
    return split_codes(resplit(undecided.build(), recipe, report=report).table["split"])


def _how(recipe: SplitRecipe) -> str:
    if recipe.by != "stratified":
        return f"{capitalised(recipe.reason)}."
    shown = "/".join(f"{100 * share:.3g}" for share in recipe.shares)
    return f"Split {shown} into train, validation and test, stratified by class."


def _completed(missing: Sequence[int], recipe: SplitRecipe) -> str:
    shares = [percent(recipe.shares[code], 0) for code in missing]
    end = "stratified by class." if recipe.by == "stratified" else f"{recipe.reason}."
    if len(set(shares)) == 1:
        names = " and ".join(SPLITS[code] for code in missing)
        each = " each" if len(missing) > 1 else ""
        return f"{shares[0]} of the training rows{each} became {names}, {end}"
    pairs = zip(shares, missing, strict=True)
    parts = " and ".join(f"{share} became {SPLITS[code]}" for share, code in pairs)
    return f"Of the training rows {parts}, {end}"
