"""Tests of search spaces: what is typed, what is refused, what a grid makes of it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from textcls_core.errors import InvalidArgumentError
from textcls_core.runs.search_space import (
    Axis,
    Choices,
    Range,
    combinations,
    num_combinations,
    parse_space,
    require_grid,
)


def test_values_and_ranges_have_the_types_of_their_settings():
    space = parse_space(
        [
            "learning_rate=1e-5:1e-3:log",
            "num_epochs=2, 3,4",
            "warmup_ratio=0:0.3",
            "seed=1:10",
            "oversampling=true,false",
            "lr_scheduler_type=linear,cosine",
            "model=minilm,C:/models/other",
        ]
    )

    assert space == {
        "learning_rate": Range(low=1e-5, high=1e-3, log=True),
        "num_epochs": Choices(choices=(2, 3, 4)),
        "warmup_ratio": Range(low=0.0, high=0.3),
        "seed": Range(low=1, high=10),
        "oversampling": Choices(choices=(True, False)),
        "lr_scheduler_type": Choices(choices=("linear", "cosine")),
        "model": Choices(choices=("minilm", "C:/models/other")),
    }


@pytest.mark.parametrize(
    "item",
    ["learning_rate=1e-05:0.001:log", "num_epochs=2,3", "seed=1:9", "loss=cross_entropy,focal"],
)
def test_a_space_is_printed_as_it_is_typed(item):
    [(name, axis)] = parse_space([item]).items()

    assert f"{name}={axis}" == item


@given(st.lists(st.one_of(st.booleans(), st.integers(), st.floats(0, 1), st.text()), min_size=1))
def test_values_keep_their_types_through_json(values):
    adapter = TypeAdapter(dict[str, Axis])
    space = {"setting": Choices(choices=tuple(values))}

    back = adapter.validate_json(adapter.dump_json(space))

    assert back == space
    assert [type(value) for value in back["setting"].choices] == [type(v) for v in values]


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([], r"Expected at least one setting to vary, for example learning_rate=1e-5:1e-3:log or"),
        (["learning_rate"], r'Expected name=values, for example .*, got "learning_rate"\.'),
        (["=1,2"], r'got "=1,2"\.'),
        (["seed="], r'got "seed="\.'),
        (["lerning_rate=1,2"], r'"lerning_rate" is not a setting of a run\. Did you mean'),
        (["seed=1,2", "seed=3,4"], r'"seed" is given twice\. Give all its values at once\.'),
        (["num_epochs=2"], r"num_epochs needs at least two different values to vary, got 2\."),
        (["num_epochs=2,2"], r"num_epochs needs at least two different values to vary, got 2,2\."),
        (["num_epochs=0,2"], r"num_epochs: input should be greater than or equal to 1, got '0'"),
        (["num_epochs=1.5,2"], r"num_epochs: input should be a valid integer"),
        (["learning_rate=1e-5:5"], r"learning_rate: input should be less than 1, got '5'"),
        (["learning_rate=-1:0.1"], r"learning_rate: input should be greater than 0, got '-1'"),
        (["learning_rate=nan:0.1"], r"learning_rate: input should be"),
        (["learning_rate=1e-3:1e-5"], r"learning_rate: the lower end .* got 0\.001:1e-05\."),
        (["learning_rate=1e-3:1e-3"], r"learning_rate: the lower end of a range must be below"),
        (["weight_decay=0:0.1:log"], r"weight_decay: a range on a log scale must start above 0"),
        (["learning_rate=1e-5:1e-3:exp"], r"Expected learning_rate=low:high or learning_rate=low"),
        (["learning_rate=1:2:3:4"], r"Expected learning_rate=low:high or learning_rate=low"),
        (["learning_rate=:1e-3"], r"learning_rate: input should be a valid number"),
        (["loss=a,focal"], r"loss: input should be 'cross_entropy' or 'focal', got 'a'"),
        (["oversampling=0:1"], r"oversampling needs at least two different values|oversampling: "),
        (["dataset=a,b"], r'"dataset" must be the same in all runs that are compared'),
        (["metric_for_best_model=a,b"], r'"metric_for_best_model" must be the same in all runs'),
        (["group=a,b"], r'"group" must be the same in all runs'),
    ],
)
def test_a_wrong_space_is_refused(items, message):
    with pytest.raises(InvalidArgumentError, match=message):
        parse_space(items)


def test_a_grid_has_every_combination_and_the_last_setting_changes_fastest():
    space = parse_space(["num_epochs=2,3", "loss=cross_entropy,focal"])

    assert combinations(space) == [
        {"num_epochs": 2, "loss": "cross_entropy"},
        {"num_epochs": 2, "loss": "focal"},
        {"num_epochs": 3, "loss": "cross_entropy"},
        {"num_epochs": 3, "loss": "focal"},
    ]


def test_a_grid_of_a_range_is_refused():
    with pytest.raises(
        InvalidArgumentError,
        match=r"A grid needs values, got the range 1e-05:0\.001:log for learning_rate\. "
        r"Give values \(learning_rate=1e-05,0\.001\), or search with random or tpe\.",
    ):
        require_grid(parse_space(["seed=1,2", "learning_rate=1e-5:1e-3:log"]))


@pytest.mark.parametrize(
    ("items", "size"),
    [
        (["seed=1,2,3"], 3),
        (["seed=1:10", "num_epochs=2,3"], 20),
        (["seed=1,2", "learning_rate=1e-5:1e-3"], math.inf),
    ],
)
def test_the_size_of_a_space_is_counted(items, size):
    assert num_combinations(parse_space(items)) == size
