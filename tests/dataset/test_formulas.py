import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textcls_core.dataset.formulas import (
    escape_formula,
    escape_formulas,
    is_formula_safe,
    unescape_formula,
    unescape_formulas,
    unescape_table,
)
from textcls_core.errors import InvalidArgumentError

STARTS = ["=", "+", "-", "@", "\t", "\r", "\n", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
TEXTS = st.text(st.sampled_from("'=+-@\t\r\n\0\uff1da é\U0001f600"), max_size=8)


@given(TEXTS)
def test_formulas_come_back_exactly(text):
    assert unescape_formula(escape_formula(text)) == text


@given(st.lists(st.none() | TEXTS))
def test_formulas_of_a_column_are_those_of_its_cells(texts):
    column = pa.chunked_array([pa.array(texts, pa.string())])

    escaped = escape_formulas(column)

    assert escaped.to_pylist() == [text if text is None else escape_formula(text) for text in texts]
    assert unescape_formulas(escaped).to_pylist() == texts


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("quotes", ["", "'", "''"])
def test_formulas_get_one_quote_more(start, quotes):
    assert escape_formula(f"{quotes}{start}SUM(A1)") == f"'{quotes}{start}SUM(A1)"


@pytest.mark.parametrize("text", ["", "'", "'tis", "a=1", " =1", "1-2", "''", "é", "你好"])
def test_formulas_leave_other_texts_alone(text):
    assert escape_formula(text) == text
    assert unescape_formula(text) == text


def exported(texts, names=("row_id", "text", "label", "split")) -> pa.Table:
    return pa.table({name: texts if name == "text" else ["x"] * len(texts) for name in names})


@pytest.mark.parametrize("label", ["label", "labels"])
def test_formulas_of_an_export_are_recognised(label):
    assert is_formula_safe(exported(["'=1", "a"], ("row_id", "text", label, "split", "more")))


@pytest.mark.parametrize(
    "table",
    [
        exported(["'=1", "=1"]),
        exported(["'=1"], ("text", "label")),
        exported(["'=1"], ("text", "row_id", "label", "split")),
    ],
    ids=["a cell starts like a formula", "other columns", "another order"],
)
def test_formulas_of_other_files_are_left_alone(table):
    assert not is_formula_safe(table)


def test_formulas_come_off_cells_and_names():
    table = pa.table({"'=a": ["'=1", None, "'b"], "n": [1, 2, 3]})

    assert unescape_table(table).to_pydict() == {"=a": ["=1", None, "'b"], "n": [1, 2, 3]}


def test_formulas_come_off_only_when_names_stay_distinct():
    table = pa.table({"'=a": ["1"], "=a": ["2"]})

    with pytest.raises(InvalidArgumentError, match='Two columns would be called "=a"'):
        unescape_table(table)
