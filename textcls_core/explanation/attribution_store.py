"""Attributions on disk: what was computed once is read again, by any process and without torch."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textcls_core.explanation.attribution import Attribution, Question
from textcls_core.files import digest_of, read_json, write_text
from textcls_core.jobs.progress import Report, ignore
from textcls_core.workspace import Workspace

if TYPE_CHECKING:  # the model arrives when something is missing
    from textcls_core.models.classifier import Classifier

MAX_FILES = 2_000
"""Attributions kept, those used last; one of 512 tokens takes some 40 KB."""
_AT_ONCE = 16
"""Questions answered together."""
_RECIPE = 5
"""Raised when a method changes, so that older attributions are computed again."""


@dataclass(frozen=True, slots=True)
class AttributionStore:
    """What is known about the texts of one model. Whatever is missing or damaged is unknown."""

    folder: Path
    model: str
    """Names the model, and changes when the model does, or its temperature."""
    max_files: int = MAX_FILES

    @classmethod
    def open(cls, workspace: Workspace, model_dir: Path, version: str) -> "AttributionStore":
        """Return the store of a model in a workspace.

        Args:
            workspace: Its cache is used.
            model_dir: Folder of the model.
            version: Changes when the model does: `Run.decision_key`.
        """
        return cls(workspace.cache_dir / "attributions", f"{model_dir} {version}")

    def find(self, question: Question) -> Attribution | None:
        """Return the answer to a question, if it is known."""
        file = self._file(question)
        try:
            found = Attribution.from_json(read_json(file))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
        with suppress(OSError):
            os.utime(file)  # used last
        return found

    def keep(self, question: Question, found: Attribution) -> None:
        """Write an answer down, for the question with and without the class that it is about.

        Nothing happens where the disk refuses: it is computed again next time.
        """
        labels = {question.label, found.label}
        if found.label == found.predicted.name:
            labels.add(None)
        with suppress(OSError, ValueError):  # not a number is not JSON
            content = json.dumps(found.to_json(), allow_nan=False)
            for label in labels:
                write_text(self._file(replace(question, label=label)), content)
            self._forget_oldest()

    def _file(self, question: Question) -> Path:
        return self.folder / f"{digest_of([_RECIPE, self.model, asdict(question)])}.json"

    def _forget_oldest(self) -> None:
        """Remove what was not used for longest; another process may do the same."""
        files = [(_used_at(entry), entry.name) for entry in os.scandir(self.folder)]
        for _, name in sorted(files)[: max(len(files) - self.max_files, 0)]:
            (self.folder / name).unlink(missing_ok=True)


def answer(
    store: AttributionStore,
    questions: Sequence[Question],
    load: "Callable[[], Classifier]",
    *,
    progress: Report = ignore,
) -> Iterator[Attribution]:
    """Yield the answers to questions, in their order: from disk, or computed and kept.

    Args:
        store: Of the model.
        questions: Any number; some are computed together.
        load: Returns the classifier for attributions; called when something is missing.
        progress: Told how many are answered; may raise to stop.

    Raises:
        InvalidArgumentError: If a text is empty, or a method or class is unknown.
    """
    for start in range(0, len(questions), _AT_ONCE):
        progress(start, len(questions), "Explaining texts")
        yield from _answer_some(store, questions[start : start + _AT_ONCE], load)


def answer_one(
    store: AttributionStore,
    question: Question,
    load: "Callable[[], Classifier]",
    *,
    progress: Report = ignore,
) -> Attribution:
    """Return the answer to one question, like `answer`, and tell how far it is meanwhile.

    Args:
        store: Of the model.
        question: About a text of any length.
        load: Returns the classifier for attributions; called when the answer is missing.
        progress: See `attribute_many`.

    Raises:
        InvalidArgumentError: If the text is empty, or the method or a class is unknown.
    """
    return _answer_some(store, [question], load, progress)[0]


def _answer_some(
    store: AttributionStore,
    questions: Sequence[Question],
    load: "Callable[[], Classifier]",
    progress: Report = ignore,
) -> list[Attribution]:
    found = {question: store.find(question) for question in questions}
    missing = [question for question, answered in found.items() if answered is None]
    if missing:
        from textcls_core.explanation.attributions import attribute_many

        computed = attribute_many(load(), missing, progress)
        for question, one in zip(missing, computed, strict=True):
            store.keep(question, one)
        found.update(zip(missing, computed, strict=True))
    return [known for question in questions if (known := found[question]) is not None]


def _used_at(entry: "os.DirEntry[Any]") -> float:
    try:
        return entry.stat().st_mtime
    except FileNotFoundError:  # another process removed it
        return 0.0
