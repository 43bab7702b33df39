"""What every head of a model does over many texts, and how far training moved it."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from jaxtyping import Float
from scipy.special import entr

from textcls_core.errors import InvalidArgumentError, ModelError
from textcls_core.explanation.attention import AttentionExplanation, attention_of
from textcls_core.explanation.head_report import HeadReport, MovedReport, Spread
from textcls_core.explanation.head_statistics import HeadStatistics, head_statistics, looking_rows
from textcls_core.explanation.head_titles import STATISTICS, least_first
from textcls_core.explanation.head_words import WordTotals
from textcls_core.explanation.windows import read_in_windows
from textcls_core.explanation.words import MAX_TOKENS, ReadText
from textcls_core.jobs.progress import Report, ignore
from textcls_core.models.catalogue import locate
from textcls_core.models.classifier import Classifier

Heads = Float[np.ndarray, "L H"]


def survey_heads(
    classifier: Classifier, texts: Mapping[str, str], *, progress: Report = ignore
) -> HeadReport:
    """Return what every head does on some texts; what it does on one is the mean of its windows.

    See `read_in_windows` for how many these are.

    Args:
        classifier: From `load_explainable`.
        texts: By row id; the empty ones are left out.
        progress: Told after every text; may raise to stop.

    Raises:
        InvalidArgumentError: If there is no text.
        ModelError: If the model does not give attention weights.
    """
    reads = _read(classifier, texts)
    gathered: list[list[HeadStatistics]] = []
    totals: WordTotals | None = None
    for windows in _told(reads, progress, "Looking at every head, text by text"):
        gathered.append([])
        for found in (attention_of(classifier, read) for read in windows):
            totals = totals or WordTotals(found.num_layers, found.num_heads)
            gathered[-1].append(head_statistics(found))
            totals.add(found, 1 / len(windows))
    assert totals is not None  # noqa: S101 - there is a text
    statistics = {
        name: Spread.of(
            np.stack([np.mean([getattr(each, name) for each in text], 0) for text in gathered]),
            least_first=least_first(name),
        )
        for name in STATISTICS
    }
    layers, heads = gathered[0][0].entropy.shape
    return HeadReport(
        row_ids=tuple(reads),
        statistics=statistics,
        words=_by_head(totals.words, layers, heads),
        kinds=_by_head(totals.kinds, layers, heads),
    )


def load_base(name: str, tuned: Classifier) -> Classifier:
    """Return the pretrained model that a classifier was made from, with attention weights.

    Args:
        name: As `RunConfig.model` has it.
        tuned: The classifier; the pretrained model cuts long texts as it does.

    Raises:
        ModelError: If the model is not available any more.
    """
    base = Classifier.from_pretrained(
        locate(name), tuned.label_names, max_length=tuned.max_length, design=tuned.design
    )
    base.model.set_attn_implementation("eager")
    return base


def measure_moved(
    tuned: Classifier,
    base: Classifier,
    texts: Mapping[str, str],
    base_name: str,
    *,
    progress: Report = ignore,
) -> MovedReport:
    """Return how far each head of a model moved away from the pretrained one.

    How far on one text is the mean over its windows.

    Args:
        tuned: From `load_explainable`.
        base: The model it was made from, with attention weights.
        texts: By row id; the empty ones are left out.
        base_name: Name of the pretrained model.
        progress: Told after every text; may raise to stop.

    Raises:
        InvalidArgumentError: If there is no text.
        ModelError: If a model gives no attention weights, or both have other layers or tokens.
    """
    _require_alike(tuned, base, base_name)
    reads = _read(tuned, texts)
    moved = []
    for windows in _told(reads, progress, "Comparing every head before and after, text by text"):
        found = [
            head_movement(attention_of(base, read), attention_of(tuned, read)) for read in windows
        ]
        moved.append(np.mean(found, axis=0))
    return MovedReport(row_ids=tuple(reads), base=base_name, moved=Spread.of(np.stack(moved)))


def head_movement(before: AttentionExplanation, after: AttentionExplanation) -> Heads:
    """Return how far apart two models look on the same tokens, head by head, shape (L, H).

    The Jensen-Shannon divergence of both rows of attention, in bits, mean over the rows of ordinary
    tokens: H((p + q) / 2) - (H(p) + H(q)) / 2, which is 0 if they are equal and 1 if no token is
    looked at by both.

    Args:
        before: Attention weights of one model.
        after: Of another one with as many layers and heads, on the same tokens.

    Source:
        Lin 1991, "Divergence Measures Based on the Shannon Entropy", IEEE Transactions on
        Information Theory 37(1), equation 4.1 with equal weights.
    """
    looks = looking_rows(before.read)
    layers = [
        _divergence(one[:, looks], other[:, looks])
        for one, other in zip(before.attention, after.attention, strict=True)
    ]
    return np.asarray(np.stack(layers), dtype=np.float64)


def _divergence(one: Float[np.ndarray, "H Q K"], other: Float[np.ndarray, "H Q K"]) -> np.ndarray:
    first, second = one.astype(np.float64), other.astype(np.float64)
    mixed = entr((first + second) / 2).sum(-1)
    apart = mixed - (entr(first).sum(-1) + entr(second).sum(-1)) / 2
    return np.asarray(np.clip(apart / np.log(2), 0, 1).mean(-1))


def _read(classifier: Classifier, texts: Mapping[str, str]) -> dict[str, list[ReadText]]:
    """Return the windows of each text that is not empty."""
    reads = {
        row_id: read_in_windows(classifier, text, MAX_TOKENS)
        for row_id, text in texts.items()
        if text.strip()
    }
    if not reads:
        raise InvalidArgumentError("Expected a text, got none. Choose a split with texts.")
    return reads


def _told(
    reads: Mapping[str, list[ReadText]], progress: Report, message: str
) -> Iterator[list[ReadText]]:
    for position, windows in enumerate(reads.values()):
        progress(position, len(reads), message)
        yield windows
    progress(len(reads), len(reads), message)


def _by_head(of: Callable[[int, int], tuple], layers: int, heads: int) -> tuple:  # type: ignore[type-arg]
    return tuple(tuple(of(layer, head) for head in range(heads)) for layer in range(layers))


def _require_alike(tuned: Classifier, base: Classifier, base_name: str) -> None:
    """Refuse models whose heads or tokens are not the same ones.

    Raises:
        ModelError: If they are not.
    """
    one, other = tuned.model.config, base.model.config
    for name in ("model_type", "num_hidden_layers", "num_attention_heads", "vocab_size"):
        if getattr(one, name) != getattr(other, name):
            raise ModelError(
                f"Expected the model that this run began with, but {base_name} has {name} "
                f"{getattr(other, name)} and the run {getattr(one, name)}. The folder may have "
                "been replaced since; train the run again."
            )
