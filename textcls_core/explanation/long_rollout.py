"""Both rollouts of a long text, going back through the layers with the weights of one at a time.

All weights of 2,048 tokens are some gigabytes. A share that is followed from the answer back needs
a layer only once, the last one first, which is the order in which gradients arrive.
"""

import numpy as np
import torch
from jaxtyping import Float

from textcls_core.explanation.attention import require_layers
from textcls_core.explanation.rollout import classified_tokens
from textcls_core.explanation.score import Score
from textcls_core.explanation.words import ReadText
from textcls_core.models.classifier import Classifier
from textcls_core.models.observed_attention import observing_gradients

Tokens = Float[np.ndarray, " T"]


def long_rollouts(
    classifier: Classifier, read: ReadText, score: Score
) -> tuple[Float[np.ndarray, "L T"], Tokens]:
    """Return what `rollout_by_layer` and `gradient_rollout` do, in little memory.

    Args:
        classifier: One whose model `can_be_observed`, from `load_explainable`.
        read: The text.
        score: What the gradients are of.

    Raises:
        ModelError: If a layer gives no attention weights.
    """
    config = classifier.model.config
    found = _Rollouts(classifier, read)
    with observing_gradients(classifier.model, found.add), torch.enable_grad():
        ids = torch.from_numpy(read.input_ids)[None]
        embedded = classifier.model.get_input_embeddings()(ids).detach().requires_grad_()
        total = score(classifier.output({"inputs_embeds": embedded}).logits.float()).sum()
        torch.autograd.grad(total, embedded)
    require_layers(found.num_followed, config)
    return found.by_layer, found.by_gradient


class _Rollouts:
    """Shares of the tokens in the answer, followed back through the layers seen so far."""

    def __init__(self, classifier: Classifier, read: ReadText) -> None:
        """Make room for one layer."""
        self.num_followed = 0
        self._classifier, self._read = classifier, read
        size, num_layers = len(read.tokens), classifier.model.config.num_hidden_layers
        self._mean, self._carried = np.zeros((2, size, size), dtype=np.float32)
        self._start = np.zeros(size)
        self._weighted = np.zeros(size)
        self.by_layer = np.zeros((num_layers, size))

    @property
    def by_gradient(self) -> Tokens:
        """What the layers added to what is classified, weighted by gradients, shape (T,)."""
        return np.asarray(self._weighted - self._start)

    def add(self, first: int, weights: torch.Tensor, gradients: torch.Tensor) -> None:
        """Take the next rows: their first one, weights and gradients of shape (H, rows, T)."""
        rows = slice(first, first + weights.shape[1])
        self._mean[rows] = weights.float().mean(dim=0).numpy()
        self._carried[rows] = (weights * gradients).float().clamp(min=0).mean(dim=0).numpy()
        if rows.stop == len(self._mean):
            self._follow()

    def _follow(self) -> None:
        """Go back through the layer that is complete."""
        if not self.num_followed:
            is_causal = not np.triu(self._mean, 1).any()
            self._start = classified_tokens(self._classifier, self._read, is_causal=is_causal)
            self._weighted = self._start.copy()
            self.by_layer[:] = self._start
        self.num_followed += 1
        # a model that ended at an earlier layer would not have this one
        deeper = self.by_layer[len(self.by_layer) - self.num_followed :]
        deeper[:] = 0.5 * deeper @ self._mean + 0.5 * deeper
        self._weighted += self._weighted @ self._carried
