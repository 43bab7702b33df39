"""Facts of runs written by hand, gathered as the product does it."""

from html.parser import HTMLParser

from textcls_core.reporting.facts import Facts, gather
from textcls_core.runs.run import Run
from textcls_core.workspace import Workspace


def facts_of(run: Run, split="test") -> Facts:
    """Return what is known about a run of the workspace it lies in."""
    return gather(run, split, Workspace(run.folder.parent.parent))


class Document(HTMLParser):
    """A parsed report: its elements, attributes, and the text that a reader sees."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(content)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        self.attributes += attrs
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.texts.append(data)

    @property
    def text(self) -> str:
        """All that a reader sees."""
        return " ".join(self.texts)
