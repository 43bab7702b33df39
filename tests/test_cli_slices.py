"""The verb `slices`: figures of parts of the rows, what is weak, what is saved."""

import pytest

from tests.pages.conftest import MISTAKES, make_run
from tests.test_cli import answer, complaint, home  # noqa: F401 - a fixture
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.store import DatasetStore


@pytest.fixture
def phones(home):  # noqa: F811 - the fixture
    """A run that misses every `b` of a phone: 60 test rows, half of them from a phone."""
    numbers = range(180)
    extra = {"device": ["phone" if n % 4 > 1 else "desk" for n in numbers]}
    rows = Rows(
        [f"text number {n}" for n in numbers],
        ["b" if n % 2 else "a" for n in numbers],
        [("train", "validation", "test")[n // 60] for n in numbers],
        extra=extra,
    )
    dataset = build_dataset(rows)
    DatasetStore.open(home).save(dataset, "phones", "made for the tests")
    return make_run(home, "phones", dataset, {("b", "a"): 15})


@pytest.fixture
def toy(home, toy_dataset):  # noqa: F811 - the fixture
    return make_run(home, "toy", toy_dataset, MISTAKES)


def test_slices_are_by_class_unless_asked(toy, capsys):
    found = answer(capsys, "slices", "latest")

    assert (found["run_id"], found["split"], found["by"]) == (toy.run_id, "test", "class")
    assert found["num_rows"] + found["num_repeats"] == 33
    food = next(one for one in found["slices"] if one["slice"] == "class food")
    assert (food["num_rows"], food["accuracy"]) == (11, pytest.approx(9 / 11))
    assert food["is_small"] is True


def test_slices_by_a_column(phones, capsys):
    found = answer(capsys, "slices", "latest", "--by", "device")

    assert [one["slice"] for one in found["slices"]] == ["device: desk", "device: phone"]
    assert sum(one["num_rows"] for one in found["slices"]) == 60
    assert {"adjusted_p", "effect_size", "difference_interval"} <= set(found["slices"][0])


def test_slices_search_for_weak_ones(phones, capsys):
    found = answer(capsys, "slices", "latest", "--weak")

    assert found["num_tried"] == found["num_single"] + found["num_pairs"]
    assert found["slices"][0]["slice"] == "class b"
    assert found["slices"][0]["conditions"] == [{"kind": "class", "value": "b"}]
    assert found["slices"][0]["is_weaker"] is True


def test_slices_are_saved_measured_and_deleted(phones, capsys):
    saved = answer(capsys, "slices", "latest", "--save", "Phones", "--where", "device=phone")
    measured = answer(capsys, "slices", "latest", "--saved")
    answer(capsys, "slices", "latest", "--delete", "Phones")
    left = answer(capsys, "slices", "latest", "--saved")

    assert (saved["saved"], saved["slice"], saved["num_in_slice"]) == (
        *("Phones", "device: phone"),
        measured["slices"][0]["num_rows"],
    )
    assert (measured["previous_run"], measured["slices"][0]["verdict"]) == (None, "new")
    assert left["slices"] == []


def test_slices_that_got_worse_are_flagged(phones, home, capsys):  # noqa: F811 - the fixture
    answer(capsys, "slices", phones.run_id, "--save", "All b", "--where", "class=b")
    dataset = DatasetStore.open(home).load(phones.config.dataset_fingerprint)
    worse = make_run(home, "phones", dataset, {("b", "a"): 28})

    found = answer(capsys, "slices", worse.run_id, "--saved")

    (one,) = found["slices"]
    assert (found["previous_run"], one["verdict"]) == (phones.run_id, "worse")
    assert one["change"] == pytest.approx(-13 / 30)


def test_slices_compare_groups(phones, capsys):
    found = answer(capsys, "slices", "latest", "--fairness", "device", "--positive", "b")

    assert [group["group"] for group in found["groups"]] == ["desk", "phone"]
    assert found["groups"][0]["false_positive_rate"]["value"] == 0.0
    assert found["gaps"][0]["rate"] == "selection_rate"


def test_slices_of_label_sets_look_at_one_label(topics_run, monkeypatch, capsys):
    monkeypatch.setenv("TEXTCLS_HOME", str(topics_run.folder.parent.parent))

    whole = answer(capsys, "slices", "latest")
    one = answer(capsys, "slices", "latest", "--label", "animals")

    assert {found["accuracy"] for found in one["slices"]} == {1.0}
    assert whole["slices"][2]["accuracy"] == 0.0
    assert whole["slices"][2]["micro_f1"] < 1


@pytest.mark.parametrize(
    ("options", "first"),
    [
        (["--by", "device"], "slice "),
        (["--weak"], "tried "),
        (["--saved"], "no slice is saved for this data set"),
        (["--fairness", "device", "--positive", "b"], "group "),
        (["--save", "B", "--where", "class=b"], "saved B: class b, 30 rows of this split"),
    ],
)
def test_slices_are_readable(phones, capsys, options, first):
    from textcls_core.cli.main import main

    code = main(["slices", "latest", *options])

    assert code == 0
    assert capsys.readouterr().out.startswith(first)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--by", "colour"], 'error: "colour" is nothing that these rows can be cut by. Known: '),
        (["--by", "cluster"], "error: Clusters need embeddings of this data set, and none are "),
        (["--weak", "--saved"], "error: Expected one of --by, --weak, --saved, --fairness, "),
        (["--save", "B"], "error: Expected at least one condition, got none"),
        (["--save", "B", "--where", "colour=red"], "error: This version of the data set has no "),
        (["--save", "B", "--where", "class=b", "--label", "c"], 'error: "c" is not a class of '),
        (["--delete", "B"], 'error: No slice is named "B". There are none yet.'),
        (["--fairness", "device"], 'error: "" is not a class of this run. Known: "a", "b".'),
        (["--fairness", "class", "--positive", "b"], 'error: "class" makes no groups. Known: '),
    ],
)
def test_slices_refuse_what_makes_no_sense(phones, capsys, options, message):
    assert complaint(capsys, "slices", "latest", *options).startswith(message)
