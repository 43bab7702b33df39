"""Plans carried out on a model that is a function of token ids, so that its answers are known."""

import numpy as np


def carried_out(plan, logits_of):
    """Return what a plan finds about a model that is a function of token ids."""
    asked = next(plan)
    while True:
        try:
            asked = plan.send(np.array([logits_of(ids) for ids in asked]))
        except StopIteration as end:
            return end.value
