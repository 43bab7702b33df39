"""What was exported and imported again is the same data set."""

from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from textcls_core.dataset.building import Rows
from textcls_core.dataset.draft import Draft
from textcls_core.dataset.export import FORMATS, export_bytes
from textcls_core.dataset.import_splits import SplitPlan
from textcls_core.dataset.importing import SPREADSHEETS, ImportPlan, import_tables
from textcls_core.dataset.reading import detect, read_table
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import SPLITS, TextDataset

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12).map(
    lambda text: f"w{text}"
)
CELLS = st.one_of(TEXTS, st.sampled_from(["=1+1", "'=1", "@a", "-", "a,b", 'say "no"', "[a]"]))
NAMES = st.sampled_from(["x", "=y", "a,b", "['z']", "1.0"])


@st.composite
def drafts(draw) -> Draft:
    texts = draw(st.lists(CELLS, min_size=3, max_size=8))
    labels = [draw(NAMES) for _ in texts]
    splits = [*SPLITS, *(draw(st.sampled_from(SPLITS)) for _ in texts[3:])]
    return Draft.of_rows(Rows(texts, labels, splits, extra={}))


@st.composite
def label_sets(draw) -> Draft:
    draft = draw(drafts())
    ids = st.lists(st.integers(0, len(draft.label_names) - 1), unique=True).map(sorted)
    lists = [draw(ids) for _ in range(draft.num_rows)]
    return replace(draft, label_ids=pa.array(lists, pa.list_(pa.int32())), task="multi_label")


def again(workspace, dataset: TextDataset, file_format) -> TextDataset:
    store = DatasetStore(workspace.datasets_dir)
    data = export_bytes(store, store.save(dataset, "made", "for this test"), file_format)
    plan = ImportPlan(unescape_formulas=detect(data, "f").format in SPREADSHEETS)
    return import_tables(read_table(data, name="f"), plan=plan).dataset


@pytest.mark.parametrize("file_format", FORMATS)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drafts())
def test_an_export_with_one_label_comes_back_the_same(workspace, file_format, draft):
    dataset = draft.build()

    assert again(workspace, dataset, file_format).fingerprint == dataset.fingerprint


@pytest.mark.parametrize("file_format", FORMATS)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(label_sets())
def test_an_export_with_several_labels_comes_back_the_same(workspace, file_format, draft):
    dataset = draft.build()

    assert again(workspace, dataset, file_format).fingerprint == dataset.fingerprint


def test_a_new_split_of_an_export_keeps_its_row_ids(workspace):
    texts = [f"text {n}" for n in range(20)]
    dataset = Draft.of_rows(Rows(texts, list("xy" * 10), [*SPLITS, *["train"] * 17], {})).build()
    store = DatasetStore(workspace.datasets_dir)
    data = export_bytes(store, store.save(dataset, "made", "for this test"), "csv")

    plan = ImportPlan(splits=SplitPlan(use_own=False))
    imported = import_tables(read_table(data, name="f"), plan=plan)

    assert imported.dataset.row_ids() == dataset.row_ids()
    assert imported.dataset.extra_columns == ("split_",)
