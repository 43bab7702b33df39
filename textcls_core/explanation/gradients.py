"""Attributions from gradients: at the text itself, or along the way from nothing to the text."""

import numpy as np
import torch
from jaxtyping import Float

from textcls_core.explanation.attribution import Integral
from textcls_core.explanation.score import Score
from textcls_core.explanation.words import ReadText
from textcls_core.models.classifier import Classifier

STEPS = (16, 32, 64, 128, 256)
"""Points on the way that are tried, until the gap is small enough."""
TOKENS_AT_ONCE = 4_096
"""Tokens of all steps that are computed together."""
Tokens = Float[np.ndarray, " T"]


def gradient_x_input(classifier: Classifier, read: ReadText, score: Score) -> Tokens:
    """Return the gradient of the score times the embedding of each token, shape (T,)."""
    embedded, _ = _ends(classifier, read)
    gradient = _gradients(classifier, embedded[None], score)
    return np.asarray((gradient[0] * embedded).sum(-1).numpy(), dtype=np.float64)


def integrated_gradients(
    classifier: Classifier, read: ReadText, score: Score, num_steps: int | None = None
) -> Integral:
    """Return what each token adds to the score on the way from the baseline to the text.

    The baseline has the embedding of padding in the place of every token but the special ones. The
    way is cut at the points of Gauss and Legendre, which need fewest.

    Args:
        classifier: In evaluation mode.
        read: The text.
        score: What to explain.
        num_steps: Points on the way; without, twice as many until the gap is at most `MAX_GAP`.

    Source:
        Sundararajan, Taly and Yan 2017, "Axiomatic Attribution for Deep Networks", ICML,
        equation 1.
    """
    embedded, baseline = _ends(classifier, read)
    with torch.inference_mode():
        ends = classifier.embedded_logits(torch.stack([embedded, baseline])).float()
        difference = float(score(ends)[0] - score(ends)[1])
    for steps in STEPS if num_steps is None else (num_steps,):
        scores = _integrate(classifier, embedded, baseline, score, steps)
        found = Integral(scores, difference, steps)
        if found.is_reliable:
            break
    return found


def _ends(classifier: Classifier, read: ReadText) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the word embeddings of the text and of its baseline, shape (T, D) each."""
    embedding = classifier.model.get_input_embeddings()
    padding = classifier.tokenizer.pad_token_id
    ids = torch.from_numpy(
        np.stack([read.input_ids, np.where(read.is_special, read.input_ids, padding)])
    )
    with torch.no_grad():
        text, baseline = embedding(ids)
    return text, baseline


def _integrate(
    classifier: Classifier,
    embedded: torch.Tensor,
    baseline: torch.Tensor,
    score: Score,
    num_steps: int,
) -> Tokens:
    """Return the integral of the gradients over the way, times the way, shape (T,)."""
    points, weights = np.polynomial.legendre.leggauss(num_steps)
    alphas = torch.tensor((points + 1) / 2, dtype=embedded.dtype)
    shares = torch.tensor(weights / 2, dtype=torch.float64)
    way = embedded - baseline
    total = torch.zeros(len(embedded), dtype=torch.float64)
    at_once = max(TOKENS_AT_ONCE // len(embedded), 1)
    for start in range(0, num_steps, at_once):
        part = alphas[start : start + at_once, None, None]
        gradient = _gradients(classifier, baseline + part * way, score)
        along = (gradient * way).sum(-1)  # (B, T)
        total += shares[start : start + at_once] @ along.double()
    return np.asarray(total.numpy())


def _gradients(classifier: Classifier, embedded: torch.Tensor, score: Score) -> torch.Tensor:
    """Return the gradients of the score at B embedded texts, shape (B, T, D)."""
    with torch.enable_grad():
        inputs = embedded.detach().requires_grad_()
        total = score(classifier.embedded_logits(inputs).float()).sum()
        (gradient,) = torch.autograd.grad(total, inputs)
    return gradient
