"""What mistakes cost: matrices of costs, and the mean cost of decision rules."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from textcls_core.dataset.formulas import escape_formula
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.bootstrap import (
    Groups,
    Interval,
    percentile_interval,
    resampled_cells,
)
from textcls_core.evaluation.figures import require_rows
from textcls_core.evaluation.predictions import Predictions
from textcls_core.evaluation.rule import NO_ANSWER, Costs, DecisionRule
from textcls_core.wording import plural

_CORNER = "true \\ predicted"


@dataclass(frozen=True, slots=True)
class RuleCost:
    """What the answers of one rule cost on N rows."""

    name: str
    mean: float
    """Mean cost of a text."""
    interval: Interval
    saved: float
    """Mean cost of the first rule less that of this one."""
    saved_interval: Interval
    """Of that difference, both rules measured on the same samples."""
    answered: float
    """Share of the texts that get an answer."""

    def to_json(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        return {
            "rule": self.name,
            "mean": self.mean,
            "interval": self.interval.to_json(),
            "saved": self.saved,
            "saved_interval": self.saved_interval.to_json(),
            "answered": self.answered,
        }


def uniform_costs(num_classes: int) -> Costs:
    """Return the matrix in which every mistake costs 1 and a right answer nothing.

    Example:
        >>> uniform_costs(2)
        ((0.0, 1.0), (1.0, 0.0))
    """
    return costs_of_missing([1.0] * num_classes)


def costs_of_missing(prices: Sequence[float]) -> Costs:
    """Return the matrix in which a mistake costs what missing its true class costs.

    Args:
        prices: Cost of giving any other answer where a class is true, one per class.
    """
    size = range(len(prices))
    return tuple(tuple(0.0 if i == j else float(prices[i]) for j in size) for i in size)


def costs_to_csv(costs: Costs, label_names: Sequence[str]) -> str:
    """Return a matrix as a file that `costs_from_csv` reads: a row per true class.

    Names that a spreadsheet would run as formulas have a quote before them, as in an export.
    """
    names = [escape_formula(name) for name in label_names]
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow([_CORNER, *names])
    writer.writerows([name, *row] for name, row in zip(names, costs, strict=True))
    return lines.getvalue()


def costs_from_csv(text: str, label_names: Sequence[str]) -> Costs:
    """Return the matrix in a file: names of predicted classes on top, of true ones on the left.

    Args:
        text: Content with commas, semicolons or tabs; rows and columns in any order. Names may
            have the quote that `costs_to_csv` puts before formulas.
        label_names: C class names of the model.

    Raises:
        InvalidArgumentError: If a class is missing, unknown or named twice, or an entry is no
            number of at least 0.
    """
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
                if any(cell.strip() for cell in row)]  # fmt: skip
    except csv.Error as error:
        raise InvalidArgumentError(
            f"Expected a table of costs as CSV, got a file that is none ({error})."
        ) from error
    if not rows:
        raise InvalidArgumentError("Expected a table of costs, got an empty file.")
    columns = _places([cell.strip() for cell in rows[0][1:]], label_names, "column")
    lines = _places([row[0].strip() for row in rows[1:]], label_names, "row")
    return tuple(
        tuple(_entry(rows[lines[true] + 1], columns[predicted] + 1, true, predicted)
              for predicted in label_names)
        for true in label_names
    )  # fmt: skip


def require_costs(costs: Costs, num_classes: int) -> None:
    """Refuse a matrix that does not belong to these classes, or prices that are none.

    Raises:
        InvalidArgumentError: If its shape is not (C, C), or an entry is negative or not finite.
    """
    if len(costs) != num_classes or any(len(row) != num_classes for row in costs):
        raise InvalidArgumentError(
            f"Expected {num_classes} rows of {num_classes} costs, got {len(costs)} of "
            f"{sorted({len(row) for row in costs})}."
        )
    wrong = next((price for row in costs for price in row if not 0 <= price < math.inf), None)
    if wrong is not None:
        raise InvalidArgumentError(f"Expected costs of at least 0, got {wrong:g}.")


def row_costs(
    predictions: Predictions, rule: DecisionRule, costs: Costs, abstain_cost: float | None
) -> Float[np.ndarray, " N"]:
    """Return what the answer of a rule to each row costs, shape (N,).

    Raises:
        InvalidArgumentError: If the rule gives no answer to a row and that has no price.
    """
    require_costs(costs, len(predictions.label_names))
    answers = rule.decide(predictions.probabilities, "single_label").label_ids
    if abstain_cost is None and (answers == NO_ANSWER).any():
        raise InvalidArgumentError(
            "Expected a cost of no answer, because this rule does not always answer. Set one."
        )
    paid = np.array(costs)[predictions.true_label_ids, answers]
    return np.where(answers == NO_ANSWER, abstain_cost or 0.0, paid)


def compare_costs(
    predictions: Predictions,
    rules: Mapping[str, DecisionRule],
    costs: Costs,
    abstain_cost: float | None = None,
    groups: Groups | None = None,
) -> list[RuleCost]:
    """Return the mean cost of the answers of each rule, with 95 % intervals.

    All rules are measured on the same bootstrap samples, so that differences have an interval too.

    Args:
        predictions: N rows.
        rules: By name; the first is what the others are compared with.
        costs: Shape (C, C), rows true.
        abstain_cost: Price of no answer.
        groups: Rows that are drawn together, shape (N,).

    Raises:
        InvalidArgumentError: If there are no rows, or a rule or matrix does not fit.
    """
    require_rows(len(predictions))
    paid = np.stack(
        [row_costs(predictions, rule, costs, abstain_cost) for rule in rules.values()], axis=1
    )
    prices, cells = np.unique(paid, axis=0, return_inverse=True)
    drawn = resampled_cells(cells.reshape(-1), len(prices), groups)
    samples = drawn @ prices / drawn.sum(axis=1, keepdims=True)
    means = paid.mean(axis=0)
    found = []
    for position, (name, rule) in enumerate(rules.items()):
        answers = rule.decide(predictions.probabilities, "single_label")
        found.append(
            RuleCost(
                name=name,
                mean=float(means[position]),
                interval=percentile_interval(samples[:, position]),
                saved=float(means[0] - means[position]),
                saved_interval=percentile_interval(samples[:, 0] - samples[:, position]),
                answered=float((~answers.abstained).mean()),
            )
        )
    return found


def _delimiter(text: str) -> str:
    first = text.lstrip("\ufeff\r\n ").partition("\n")[0]
    return max(",;\t", key=first.count)


def _places(found: Sequence[str], label_names: Sequence[str], noun: str) -> dict[str, int]:
    """Return where each class stands; the file has each of them exactly once."""
    places = {name: position for position, name in enumerate(found)}
    by_name = {
        name: places.get(name.strip(), places.get(escape_formula(name).strip()))
        for name in label_names
    }
    missing = next((name for name, place in by_name.items() if place is None), None)
    if missing is not None:
        raise InvalidArgumentError(
            f'Expected a {noun} for every class, but there is none for "{missing[:60]}". Add it.'
        )
    if len(found) != len(label_names):
        raise InvalidArgumentError(
            f"Expected {plural(len(label_names), noun)}, one per class, got {len(found)}. Take out "
            "what is there twice or is no class."
        )
    return {name: place for name, place in by_name.items() if place is not None}


def _entry(row: Sequence[str], column: int, true: str, predicted: str) -> float:
    text = row[column].strip() if column < len(row) else ""
    try:
        price = float(text)
    except ValueError:
        price = math.nan
    if not 0 <= price < math.inf:
        raise InvalidArgumentError(
            f'Expected a cost of at least 0 where "{true[:40]}" is true and "{predicted[:40]}" '
            f'predicted, got "{text[:20]}".'
        )
    return price
