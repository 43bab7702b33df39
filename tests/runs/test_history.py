"""Tests of the metric rows: what is written is read back, whatever happened to the file."""

import json
import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textcls_core.runs.history import History, append_rows, end_last_line, read_history, smoothed

ROWS = [
    *({"step": step, "epoch": 1, "train_loss": 1.5 - step / 10} for step in range(1, 6)),
    {
        "step": 5,
        "epoch": 1,
        "validation_loss": 0.75,
        "validation_accuracy": 0.5,
        "validation_macro_f1": 0.25,
    },
    {"step": 6, "epoch": 2, "train_loss": 0.5},
]
few = settings(max_examples=40)
steps = st.integers(1, 40)
rows = st.one_of(
    st.fixed_dictionaries({"step": steps, "train_loss": st.floats(0, 9)}),
    st.fixed_dictionaries({"step": steps, "validation_loss": st.floats(0, 9)}),
)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "history.jsonl"
    with path.open("a") as handle:
        append_rows(handle, ROWS)
    return path


def key_of(row):
    return row["step"], "validation_loss" in row


def test_read_history_returns_what_was_appended(file):
    assert read_history(file).rows == tuple(ROWS)


def test_read_history_of_a_missing_file_is_empty(tmp_path):
    assert read_history(tmp_path / "history.jsonl") == History(())


def test_append_rows_is_seen_before_the_file_is_closed(tmp_path):
    with (tmp_path / "history.jsonl").open("a") as handle:
        append_rows(handle, ROWS[:2])

        assert read_history(tmp_path / "history.jsonl").rows == tuple(ROWS[:2])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_append_rows_refuses_what_is_not_json_and_writes_nothing(tmp_path, value):
    with (tmp_path / "history.jsonl").open("a") as handle:
        with pytest.raises(ValueError, match="Out of range float values are not JSON compliant"):
            append_rows(handle, [ROWS[0], {"step": 2, "train_loss": value}])

        assert (tmp_path / "history.jsonl").read_text() == ""


def test_read_history_loses_only_the_torn_row_wherever_the_file_ends(file, tmp_path):
    data = file.read_bytes()
    start_of_last_three = len(b"".join(data.splitlines(keepends=True)[:-3]))
    torn = tmp_path / "torn.jsonl"

    for end in range(start_of_last_three, len(data) + 1):
        torn.write_bytes(data[:end])

        assert read_history(torn).rows == tuple(ROWS[: data[:end].count(b"\n")])


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"garbage",
        b"{",
        b"[1, 2]",
        b"null",
        b"3",
        b'"step"',
        b"{}",
        b'{"step": "4"}',
        b'{"step": null, "train_loss": 1}',
        b'{"step": 1.5}',
        b"\xff\xfe\x00",
        b"\x00" * 50,
        b"[" * 100_000,
        b'{"step": 9' + b"9" * 5000 + b"}",
    ],
)
def test_read_history_skips_a_line_that_is_not_a_row(file, garbage):
    good = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*good[:3], garbage + b"\n", *good[3:]]))

    assert read_history(file).rows == tuple(ROWS)


def test_read_history_takes_the_later_of_two_rows_of_a_step(file):
    with file.open("a") as handle:
        append_rows(handle, [{"step": 6, "epoch": 2, "train_loss": 0.125}])

    history = read_history(file)

    assert [row["train_loss"] for row in history.training] == [1.4, 1.3, 1.2, 1.1, 1.0, 0.125]


NOTE = "Resumed from the checkpoint of step 2."


def test_read_history_returns_notes_apart_from_figures(file):
    with file.open("a") as handle:
        append_rows(handle, [{"step": 6, "epoch": 0, "note": NOTE}])

    history = read_history(file)

    assert [row["note"] for row in history.notes] == [NOTE]
    assert len(history.training) == 6
    assert len(history.evaluations) == 1
    assert history.rows[-1]["note"] == NOTE


def test_read_history_keeps_several_notes_of_a_step(file):
    notes = [{"step": 5, "epoch": 0, "note": note} for note in ("Skipped one.", NOTE)]
    with file.open("a") as handle:
        append_rows(handle, notes)

    assert {row["note"] for row in read_history(file).notes} == {"Skipped one.", NOTE}


def test_rows_beyond_the_step_of_a_resume_count_no_more(file):
    with file.open("a") as handle:
        append_rows(handle, [{"step": 2, "epoch": 0, "note": NOTE, "resumed_from": 2}])
        append_rows(handle, [{"step": 3, "epoch": 1, "train_loss": 0.75}])

    history = read_history(file)

    assert [row["train_loss"] for row in history.training] == [1.4, 1.3, 0.75]
    assert history.evaluations == []
    assert history.step == 3
    assert [row["note"] for row in history.notes] == [NOTE]


def test_rows_before_the_step_of_a_resume_stay(file):
    with file.open("a") as handle:
        append_rows(handle, [{"step": 6, "epoch": 0, "note": NOTE, "resumed_from": 6}])

    assert read_history(file).rows[: len(ROWS)] == tuple(ROWS)


@pytest.mark.parametrize(
    ("content", "expected"), [("", ""), ("{}\n", "{}\n"), ('{"step": 5, "tr', '{"step": 5, "tr\n')]
)
def test_end_last_line_closes_a_torn_line_only(tmp_path, content, expected):
    file = tmp_path / "history.jsonl"
    file.write_text(content)

    with file.open("a") as handle:
        end_last_line(file, handle)

    assert file.read_text() == expected


def test_read_history_keeps_training_and_evaluation_of_a_step(file):
    history = read_history(file)

    assert [row["step"] for row in history.training] == [1, 2, 3, 4, 5, 6]
    assert [row["step"] for row in history.evaluations] == [5]


@few
@given(data=st.binary(max_size=300))
def test_read_history_never_raises(tmp_path_factory, data):
    file = tmp_path_factory.getbasetemp() / "history.jsonl"
    file.write_bytes(data)

    assert isinstance(read_history(file), History)


@few
@given(written=st.lists(rows, max_size=20), data=st.data())
def test_read_history_of_a_cut_file_is_that_of_its_complete_lines(tmp_path_factory, written, data):
    file = tmp_path_factory.getbasetemp() / "history.jsonl"
    content = "".join(json.dumps(row) + "\n" for row in written)
    end = data.draw(st.integers(0, len(content)))
    complete = written[: content[:end].count("\n")]
    file.write_text(content[:end])

    history = read_history(file)

    latest = {key_of(row): row for row in complete}
    assert list(history.rows) == [latest[key] for key in sorted(latest)]


def test_step_is_the_number_of_steps_done(file):
    assert read_history(file).step == 6
    assert History(()).step == 0


def test_latest_is_the_newest_value_of_a_column(file):
    history = read_history(file)

    assert history.latest("train_loss") == 0.5
    assert history.latest("validation_accuracy") == 0.5
    assert history.latest("tokens_per_second") is None


@pytest.mark.parametrize(
    ("metric", "step"),
    [("validation_loss", 2), ("validation_accuracy", 3), ("validation_macro_f1", 1)],
)
def test_best_is_the_smallest_loss_or_the_largest_share_and_ties_go_first(metric, step):
    figures = [(1, 0.9, 0.5, 0.8), (2, 0.1, 0.6, 0.8), (3, 0.1, 0.7, 0.1), (4, 0.5, 0.7, 0.2)]
    names = ("step", "validation_loss", "validation_accuracy", "validation_macro_f1")
    history = History(tuple(dict(zip(names, row, strict=True)) for row in figures))

    assert history.best(metric)["step"] == step


@pytest.mark.parametrize(
    ("values", "step"), [([0.3, 0.1, 0.2], 2), ([None, 0.3, None], 2), ([None, None], None)]
)
def test_best_by_brier_score_is_the_smallest_that_is_defined(values, step):
    rows = [
        {"step": number, "validation_loss": 1.0, "validation_brier": value}
        for number, value in enumerate(values, 1)
    ]

    best = History(tuple(rows)).best("validation_brier")

    assert (best and best["step"]) == step


def test_best_of_an_old_run_by_a_figure_it_did_not_write_is_none():
    assert History(tuple(ROWS)).best("validation_mcc") is None
    assert History(tuple(ROWS)).scored("validation_mcc") == []


def test_best_of_no_evaluation_is_none():
    assert History(()).best("validation_loss") is None


@few
@given(st.lists(st.floats(-100, 100), max_size=30), st.floats(0, 0.95))
def test_smoothed_equals_the_average_of_pandas(values, weight):
    expected = pd.Series(values, dtype=float).ewm(alpha=1 - weight, adjust=True).mean()

    assert smoothed(values, weight) == pytest.approx(expected.tolist(), abs=1e-9)


@few
@given(st.floats(-100, 100), st.integers(1, 30), st.floats(0, 0.99))
def test_smoothed_leaves_a_constant_as_it_is(value, count, weight):
    assert smoothed([value] * count, weight) == pytest.approx([value] * count, abs=1e-9)
