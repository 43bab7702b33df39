"""Runs side by side on the rows of one split, with what their settings and their seeds explain."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from textcls_core.arrays import Indices
from textcls_core.dataset.keys import equal_text_groups
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import Split, TextDataset
from textcls_core.errors import InvalidArgumentError, TextclsError
from textcls_core.evaluation.alignment import Mismatch, pair_up_shared
from textcls_core.evaluation.by_task import predicted_text, true_text
from textcls_core.evaluation.comparison import Comparison, Outcome, compare
from textcls_core.evaluation.paired_tests import holm
from textcls_core.runs.group_figures import Spread
from textcls_core.runs.run import Run
from textcls_core.runs.seeds import differ_in_seed_only, seed_spread
from textcls_core.runs.settings import Difference, config_diff
from textcls_core.runs.versions import dataset_title
from textcls_core.wording import shorten

_NAMES_ONLY = {"name", "group", "dataset"}
_LEFT_OUT_FIELDS = ("relabelled", "only_reference", "only_other")


@dataclass(frozen=True)
class RunComparison:
    """One run against the reference."""

    reference: Run
    other: Run
    split: Split
    result: Comparison
    p_value: float
    """Of McNemar's test, after Holm's correction for all runs compared at once."""
    num_compared: int
    """Runs compared with the reference at once."""
    reference_seeds: Spread | None
    """Accuracy over the seeds of the reference's settings; None with fewer than two."""
    other_seeds: Spread | None
    """The same for the settings of the other run."""
    left_out: Mismatch | None = None
    """Rows of the split that are not compared, because their label was changed or one run does not
    have them; None if both runs have the same rows and labels."""
    versions: tuple[str, str] = ("", "")
    """The data set versions of both runs, for people."""

    @property
    def num_reference_rows(self) -> int:
        """Rows of the split that the reference has, compared or not."""
        gone = self.left_out
        return self.result.num_examples + (gone.relabelled + gone.only_reference if gone else 0)

    @property
    def outcome(self) -> Outcome:
        """Whether the other run is right more often, as far as these rows can show."""
        return self.result.outcome(self.p_value)

    @property
    def settings(self) -> list[Difference]:
        """The settings in which the runs differ, names left out."""
        found = config_diff(self.reference.config, self.other.config)
        return [row for row in found if row[0] not in _NAMES_ONLY]

    @property
    def is_only_another_seed(self) -> bool:
        """Whether nothing but the seed was changed."""
        return differ_in_seed_only(self.reference.config, self.other.config)

    @property
    def within_seeds(self) -> bool:
        """Whether one of both lies within what other seeds of the other's settings reach."""
        accuracy = self.result.figure("accuracy")
        spreads = ((self.reference_seeds, accuracy.other), (self.other_seeds, accuracy.reference))
        return any(spread is not None and spread.min <= v <= spread.max for spread, v in spreads)

    def to_json(self) -> dict[str, Any]:
        """Return the comparison in the stable form of the command line."""
        facts = self.result.to_json()
        facts["mcnemar"]["adjusted_p_value"] = self.p_value
        seeds = {"reference": self.reference_seeds, "other": self.other_seeds}
        return {
            "run_id": self.other.run_id,
            "name": self.other.config.title,
            "outcome": self.outcome,
            **facts,
            "settings": [
                {"name": name, "reference": one, "other": another}
                for name, one, another in self.settings
            ],
            "seeds": {side: spread and asdict(spread) for side, spread in seeds.items()},
            "within_seeds": self.within_seeds,
            "left_out": self.left_out
            and {name: getattr(self.left_out, name) for name in _LEFT_OUT_FIELDS},
        }


def compare_runs(
    runs: Sequence[Run], split: Split, store: DatasetStore, known: Sequence[Run] = ()
) -> list[RunComparison]:
    """Return every further run against the first one, on the rows of one split.

    Args:
        runs: Two or more finished runs; the first is the reference.
        split: Rows to compare them on.
        store: Where their data sets are.
        known: Runs among which other seeds of the same settings are looked for.

    Raises:
        InvalidArgumentError: For fewer than two runs, or runs whose rows or true labels differ.
        NotFoundError: If a run has no predictions for the split.
    """
    reference, *others = runs
    if not others or len({run.run_id for run in runs}) < len(runs):
        raise InvalidArgumentError("Expected two or more different runs. Name each of them once.")
    for other in others:
        reason = why_not_comparable(reference, other, split, store)
        if reason:
            raise InvalidArgumentError(reason)
    dataset = store.load(reference.config.dataset_fingerprint)
    found = [_compared(reference, other, split, dataset) for other in others]
    p_values = holm([result.mcnemar.p_value for result, _ in found])
    return [
        RunComparison(
            reference=reference,
            other=other,
            split=split,
            result=result,
            p_value=p_value,
            num_compared=len(others),
            # Other seeds were measured on all rows, which cannot be held against fewer.
            reference_seeds=None if left_out else seed_spread(reference, known, split),
            other_seeds=None if left_out else seed_spread(other, known, split),
            left_out=left_out,
            versions=(dataset_title(store, reference), dataset_title(store, other)),
        )
        for other, (result, left_out), p_value in zip(others, found, p_values, strict=True)
    ]


def _compared(
    reference: Run, other: Run, split: Split, dataset: TextDataset
) -> tuple[Comparison, Mismatch | None]:
    """Return one comparison on the rows with the same label in both, and what is left out."""
    found = pair_up_shared(reference.predictions(split), other.predictions(split))
    if isinstance(found, Mismatch):
        raise InvalidArgumentError(f"The runs cannot be compared on {split}: {found.reason}.")
    (first, second), left_out = found
    return compare(first, second, equal_text_groups(dataset, first.row_ids)), left_out


def changed_rows(
    comparison: RunComparison, positions: Indices, dataset: TextDataset
) -> list[dict[str, str]]:
    """Return rows with their text, the true answer and both predicted ones.

    Args:
        comparison: Both runs.
        positions: Rows of `comparison.result`, shape (M,).
        dataset: The version that the reference used.

    Raises:
        NotFoundError: If a row is not in this version.
    """
    first, second = comparison.result.pair
    row_ids = [first.row_ids[row] for row in positions]
    texts = dataset.texts(dataset.positions(row_ids))
    return [
        {
            "row_id": row_id,
            "true": true_text(first, row),
            "reference": predicted_text(first, row),
            "other": predicted_text(second, row),
            "text": text,
        }
        for row, row_id, text in zip(positions.tolist(), row_ids, texts, strict=True)
    ]


def uses_same_rows(reference: Run, other: Run, split: Split) -> bool:
    """Tell whether settings alone show that two runs were measured on the same rows."""
    one, another = reference.config, other.config
    has_version = bool(one.dataset_fingerprint) and split in reference.splits
    same_cut = split == "test" or (one.num_folds, one.fold) == (another.num_folds, another.fold)
    is_same = one.dataset_fingerprint == another.dataset_fingerprint
    return has_version and is_same and same_cut and split in other.splits


def why_not_comparable(reference: Run, other: Run, split: Split, store: DatasetStore) -> str:
    """Return one sentence on why two runs cannot be compared on a split; empty if they can.

    They can on other versions of a data set too, on the rows whose label is the same in both.
    """
    try:
        pair = pair_up_shared(reference.raw_predictions(split), other.raw_predictions(split))
    except TextclsError as error:
        return str(error)
    if not isinstance(pair, Mismatch):
        return ""
    first, second = (shorten(dataset_title(store, run), 60) for run in (reference, other))
    used = f"both used {first}" if first == second else f"they used {first} and {second}"
    return (
        f"Runs {reference.run_id} and {other.run_id} cannot be compared on {split}: {pair.reason} "
        f"({used}). Choose runs on the same {split} rows."
    )
