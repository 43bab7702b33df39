"""The space of a search: settings with values or ranges, checked before anything starts."""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict

from textcls_core.config import RunConfig
from textcls_core.errors import InvalidArgumentError

Value = bool | int | float | str
_FIXED = frozenset(
    {
        *("name", "dataset", "dataset_fingerprint", "preset", "group", "num_folds", "fold"),
        *("metric_for_best_model", "report_to", "device", "num_processes", "num_nodes"),
    }
)
"""Settings that say what the runs are compared by, or where they compute."""
SEARCHABLE = tuple(name for name in RunConfig.model_fields if name not in _FIXED)
"""Settings that a search may vary."""
_SUGGESTIONS = {
    "learning_rate": ("3e-5,1e-4,3e-4", "1e-5:1e-3:log"),
    "num_epochs": ("2,3,4", "2:5"),
    "batch_size": ("8,16,32", "8,16,32"),
    "warmup_ratio": ("0,0.1", "0:0.2"),
    "weight_decay": ("0,0.01,0.1", "1e-3:0.3:log"),
    "max_length": ("128,256,512", "128,256,512"),
}
"""What is typical for a grid, and for trials that are drawn."""
_HINT = "for example learning_rate=1e-5:1e-3:log or num_epochs=2,3,4"


class Choices(BaseModel):
    """A setting that takes one of a few values."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    choices: tuple[Value, ...]

    def __str__(self) -> str:
        """Return the values as they are typed."""
        return ",".join(str(value) for value in self.choices)


class Range(BaseModel):
    """A setting that takes any number from `low` to `high`; whole ones if `low` is whole."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    low: int | float
    high: int | float
    log: bool = False
    """Whether orders of magnitude are equally likely, instead of equal steps."""

    def __str__(self) -> str:
        """Return the range as it is typed."""
        return f"{self.low}:{self.high}" + (":log" if self.log else "")


Axis = Choices | Range
Space = Mapping[str, Axis]


def parse_space(items: Sequence[str]) -> dict[str, Axis]:
    """Return the space typed as `name=low:high`, `name=low:high:log` or `name=value,value`.

    Raises:
        InvalidArgumentError: For an unknown setting, a value out of the setting's range, or a
            range that is none.

    Example:
        >>> parse_space(["num_epochs=2,3", "learning_rate=1e-5:1e-3:log"])["num_epochs"]
        Choices(choices=(2, 3))
    """
    space: dict[str, Axis] = {}
    for item in items:
        name, equals, text = (part.strip() for part in item.partition("="))
        if not (name and equals and text):
            raise InvalidArgumentError(f'Expected name=values, {_HINT}, got "{item[:60]}".')
        if name in space:
            raise InvalidArgumentError(f'"{name}" is given twice. Give all its values at once.')
        space[name] = _parse_axis(name, text)
    if not space:
        raise InvalidArgumentError(f"Expected at least one setting to vary, {_HINT}.")
    return space


def _parse_axis(name: str, text: str) -> Axis:
    is_number = isinstance(_default(name), int | float) and not isinstance(_default(name), bool)
    if is_number and ":" in text:
        low, high, *scale = (part.strip() for part in text.split(":"))
        if scale not in ([], ["log"]):
            raise InvalidArgumentError(
                f'Expected {name}=low:high or {name}=low:high:log, got "{text[:60]}".'
            )
        return _checked_range(
            name, Range(low=typed(name, low), high=typed(name, high), log=bool(scale))
        )
    values = tuple(dict.fromkeys(typed(name, part.strip()) for part in text.split(",")))
    if len(values) < 2:
        raise InvalidArgumentError(
            f"{name} needs at least two different values to vary, got {text[:60]}. "
            "Leave it out of the space to give all runs one value."
        )
    return Choices(choices=values)


def typed(name: str, text: str) -> Any:
    """Return a value as the setting has it: of its type, within its bounds.

    Raises:
        InvalidArgumentError: If `RunConfig` refuses it.
    """
    return getattr(RunConfig.create({"dataset": "any", name: text}), name)


def suggested_axis(name: str, *, is_grid: bool) -> str:
    """Return values that are worth a try, as they are typed; the default where none are known.

    Example:
        >>> suggested_axis("learning_rate", is_grid=False), suggested_axis("loss", is_grid=True)
        ('1e-5:1e-3:log', 'cross_entropy,focal')
    """
    if name in _SUGGESTIONS:
        return _SUGGESTIONS[name][0 if is_grid else 1]
    default = _default(name)
    if isinstance(default, bool):
        return "true,false"
    words = get_args(RunConfig.model_fields[name].annotation)
    return ",".join(map(str, words)) or str(default)


def _default(name: str) -> object:
    if name in RunConfig.model_fields and name in _FIXED:
        raise InvalidArgumentError(
            f'"{name}" must be the same in all runs that are compared; it cannot be varied. '
            "Vary what changes the learning, such as learning_rate, num_epochs or batch_size."
        )
    field = RunConfig.model_fields.get(name)
    return field.default if field else typed(name, "")  # refuses the unknown name


def _checked_range(name: str, axis: Range) -> Range:
    if axis.low >= axis.high:
        raise InvalidArgumentError(
            f"{name}: the lower end of a range must be below its upper end, got {axis}."
        )
    if axis.log and axis.low <= 0:
        raise InvalidArgumentError(
            f"{name}: a range on a log scale must start above 0, got {axis}. "
            "Leave out log, or start above 0."
        )
    return axis


def require_grid(space: Space) -> None:
    """Refuse ranges, which have no grid of values.

    Raises:
        InvalidArgumentError: Naming the first range.
    """
    for name, axis in space.items():
        if isinstance(axis, Range):
            raise InvalidArgumentError(
                f"A grid needs values, got the range {axis} for {name}. "
                f"Give values ({name}={axis.low},{axis.high}), or search with random or tpe."
            )


def combinations(space: Mapping[str, Choices]) -> list[dict[str, Value]]:
    """Return every combination of the values, the last setting changing fastest.

    Example:
        >>> combinations({"seed": Choices(choices=(1, 2))})
        [{'seed': 1}, {'seed': 2}]
    """
    values = itertools.product(*(axis.choices for axis in space.values()))
    return [dict(zip(space, row, strict=True)) for row in values]


def num_combinations(space: Space) -> float:
    """Return how many different points the space has; infinity with a range of decimals."""
    return math.prod(_num_values(axis) for axis in space.values())


def _num_values(axis: Axis) -> float:
    if isinstance(axis, Choices):
        return len(axis.choices)
    is_whole = isinstance(axis.low, int)
    return axis.high - axis.low + 1 if is_whole else math.inf
