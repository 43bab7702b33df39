"""Tests of imports of public data sets."""

from collections import Counter

import pytest

from tests.data_real import (
    SCRIPTS,
    banking77,
    banking77_stand_in,
    sib200,
    sib200_stand_in,
    sms_spam,
    sms_spam_stand_in,
)
from tests.dataset.test_importing import found, split_counts
from textcls_core.dataset.importing import import_tables
from textcls_core.dataset.reading import read_table


@pytest.mark.parametrize("get", [sms_spam, sms_spam_stand_in])
def test_import_of_sms_spam_finds_classes_and_repeats(tmp_path, get):
    imported = import_tables(read_table(get(tmp_path)))

    assert Counter(imported.dataset.label_ids.tolist()) == {0: 4_827, 1: 747}
    assert found(imported) == {"no_header": 1, "split_made": 5_574, "exact_duplicates": 414}


@pytest.mark.parametrize("get", [banking77, banking77_stand_in])
def test_import_of_banking77_finds_classes_and_leaks(tmp_path, get):
    train, test = get(tmp_path)

    imported = import_tables(read_table(train), read_table(test))

    assert (imported.dataset.num_examples, imported.dataset.num_labels) == (13_083, 77)
    assert split_counts(imported)["test"] == 3_080
    assert found(imported)["leaked_texts"] == 6


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("get", [sib200, sib200_stand_in])
def test_import_of_sib200_finds_seven_classes_in_every_script(tmp_path, script, get):
    imported = import_tables(read_table(get(tmp_path, script)))

    assert (imported.dataset.num_examples, imported.dataset.num_labels) == (701, 7)
    assert imported.dataset.extra_columns == ("index_id",)
