"""Bad inputs 37 to 49 as an import meets them: one row per item, its number in the id."""

import json
import logging
from collections.abc import Callable

import pytest

from tests.data_bad import HOSTILE_TEXTS
from tests.tables import raw_table
from textcls_core.cli.main import main
from textcls_core.dataset.audit import MAX_CLASSES
from textcls_core.dataset.formulas import escape_formula
from textcls_core.dataset.importing import Imported, ImportPlan, import_tables
from textcls_core.dataset.reading import read_table
from textcls_core.dataset.store import DatasetStore

WORDS_FOR_NOTHING = ["NA", "None", "null", "nan", "NaN", "N/A", "-"]
FORMULAS = ["=1+1", "+1", "-1", "@name", "\ttab", "'=1", "plain"]
PERSONAL = "write to jane.doe@example.org, card 4111 1111 1111 1111"


def imported(columns: dict[str, list], test: dict[str, list] | None = None, **plan) -> Imported:
    tables = [raw_table("f.csv", columns)] + ([raw_table("g.csv", test)] if test else [])
    return import_tables(tables[0], tables[1] if test else None, ImportPlan(**plan))


def labelled(labels: list[str]) -> Imported:
    return imported({"text": [f"text {n}" for n in range(len(labels))], "label": labels})


def from_csv(content: str) -> Imported:
    return import_tables(read_table(content.encode(), name="f.csv"))


def gates(found: Imported) -> dict[str, str]:
    return {finding.kind: finding.gate for finding in found.findings}


def words_stay_words() -> None:
    rows = "".join(f"{word},{word}\n" for word in WORDS_FOR_NOTHING)

    found = from_csv("text,label\n" + rows)

    assert found.dataset.texts() == WORDS_FOR_NOTHING
    assert set(found.dataset.label_names) == set(WORDS_FOR_NOTHING)


def near_equal_labels_are_told() -> None:
    labels = ["01", "1", "1.0", "True", "true", "yes", "yes "] * 3

    found = labelled(labels)

    assert set(found.dataset.label_names) == set(labels)
    assert gates(found)["near_equal_labels"] == "warn"
    columns = {"text": [f"t{n}" for n in range(21)], "label": labels}
    merged = imported(columns, fixes=["merge_labels"])
    assert merged.dataset.num_labels == 3


def rows_without_text_or_label_are_listed() -> None:
    found = from_csv("text,label\na,x\n,y\n\u3000\u00a0,x\nb,\nc, \nd,y\n")

    left_out = {f.kind: (f.count, f.examples) for f in found.findings if f.gate == "warn"}
    assert found.dataset.texts() == ["a", "d"]
    assert left_out["missing_text"] == (2, ("line 3", "line 4"))
    assert left_out["missing_label"] == (2, ("line 5", "line 6"))


def one_class_blocks() -> None:
    found = labelled(["x"] * 9)

    assert [finding.kind for finding in found.blocking] == ["one_class"]
    assert "All 9 rows" in found.blocking[0].message


def tiny_class_blocks_with_its_number() -> None:
    found = labelled(["x"] * 20 + ["y"])

    assert "class_too_small" in [finding.kind for finding in found.blocking]
    assert '"y" (1)' in found.blocking[0].message


def too_many_classes_block() -> None:
    found = labelled([f"label {n}" for n in range(10_000)])

    assert found.blocking[0].message.startswith(f"10,000 classes; at most {MAX_CLASSES}")


def long_and_strange_labels_are_kept() -> None:
    strange = ["x" * 5_000, "two\nlines", "<b>bold</b>"]

    found = labelled(strange * 5)

    assert set(found.dataset.label_names) == set(strange)


def repeats_and_conflicts_are_told() -> None:
    texts = ["same", "same ", "other", "other"] + [f"t{n}" for n in range(20)]

    found = imported({"text": texts, "label": ["x", "y", "x", "x", *("xy" * 10)]})

    assert gates(found)["exact_duplicates"] == "pass"
    assert gates(found)["conflicting_labels"] == "warn"


def leaks_are_told_and_fixed() -> None:
    train = {"text": [f"t{n}" for n in range(20)], "label": list("xy" * 10)}
    test = {"text": ["t0", "new 1", "new 2"], "label": ["x", "y", "x"]}

    assert gates(imported(train, test))["leaked_texts"] == "warn"
    fixed = imported(train, test, fixes=["drop_leaks_from_train"])
    assert "leaked_texts" not in gates(fixed)
    assert fixed.dataset.num_examples == 22


def unseen_test_label_blocks() -> None:
    train = {"text": [f"t{n}" for n in range(20)], "label": list("xy" * 10)}

    found = imported(train, {"text": ["a", "b", "c"], "label": ["z", "z", "z"]})

    assert "class_without_training_rows" in [finding.kind for finding in found.blocking]


def a_long_text_is_kept_whole() -> None:
    text = "word " * 200_000

    found = imported({"text": [text, *"abcdefgh"], "label": list("xyxyxyxyx")})

    assert found.dataset.texts()[0] == text


def texts_without_words_are_kept_or_told() -> None:
    found = from_csv("text,label\n\U0001f600,x\n\u2028\u2029,y\nb,y\n")

    assert found.dataset.texts() == ["\U0001f600", "b"]
    assert gates(found)["missing_text"] == "warn"


def our_export_gives_its_texts_back() -> None:
    header = ["row_id", "text", "label", "split"]
    cells = [[f"r{n}", escape_formula(text), "x", "train"] for n, text in enumerate(FORMULAS)]
    columns = dict(zip(header, map(list, zip(*cells, strict=True)), strict=True))

    assert imported(columns).dataset.texts() == FORMULAS
    assert imported(columns, unescape_formulas=False).dataset.texts() == columns["text"]


def other_files_keep_their_quotes() -> None:
    found = imported({"text": ["'=1", "'tis", "b"], "label": ["x", "y", "x"]})

    assert found.dataset.texts() == ["'=1", "'tis", "b"]


def hostile_texts_and_labels_stay_text() -> None:
    texts = [*HOSTILE_TEXTS, "[a](javascript:alert(1))", ":material/home:"]

    found = imported({"text": texts, "label": texts})

    assert found.dataset.texts() == texts
    assert set(found.dataset.label_names) == set(texts)


ITEMS: dict[str, Callable[[], None]] = {
    "37": words_stay_words,
    "38": near_equal_labels_are_told,
    "39": rows_without_text_or_label_are_listed,
    "40": one_class_blocks,
    "40 one row": tiny_class_blocks_with_its_number,
    "41": too_many_classes_block,
    "41 strange": long_and_strange_labels_are_kept,
    "42": repeats_and_conflicts_are_told,
    "42 leaks": leaks_are_told_and_fixed,
    "43": unseen_test_label_blocks,
    "44": a_long_text_is_kept_whole,
    "45": texts_without_words_are_kept_or_told,
    "46": our_export_gives_its_texts_back,
    "46 others": other_files_keep_their_quotes,
    "47 48": hostile_texts_and_labels_stay_text,
}


@pytest.mark.parametrize("check", ITEMS.values(), ids=ITEMS)
def test_import_behaves_as_item(check):
    check()


def test_import_behaves_as_item_49(workspace, monkeypatch, tmp_path, capsys, caplog):
    """Personal data stays in the rows: not in logs, names, findings or paths."""
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))
    file = tmp_path / "mails.csv"
    rows = "".join(f'"{PERSONAL} {n}",{"xy"[n % 2]}\n' for n in range(20))
    file.write_text("text,label\n" + rows)

    with caplog.at_level(logging.DEBUG):
        code = main(["dataset", "import", str(file), "--name", "mails", "--json"])

    printed = capsys.readouterr()
    info = DatasetStore.open(workspace).find("mails")
    kept = json.loads(printed.out), printed.err, caplog.text, info.model_dump_json()
    assert code == 0
    assert "jane.doe" not in str(kept)
    assert "4111" not in str(kept)
