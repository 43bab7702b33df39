"""Shape-annotated array aliases.

Axis letters, fixed for the whole code base: `N` examples, `C` classes, `B` batch, `T` tokens
(padded), `L` layers, `H` heads, `D` hidden width, `K` neighbours. The aliases say shape and dtype
in a signature and cost nothing at run time.
"""

import numpy as np
from jaxtyping import Bool, Float, Int, UInt64

Probabilities = Float[np.ndarray, "N C"]
"""One row per example; every row sums to 1."""

LabelProbabilities = Float[np.ndarray, "N C"]
"""One row per example; every entry is the probability of one class by itself."""

LabelSets = Bool[np.ndarray, "N C"]
"""Whether an example has a class."""

LabelIds = Int[np.ndarray, " N"]
"""Class index per example, 0 <= id < C."""

Losses = Float[np.ndarray, " N"]
"""Loss per example, in nats."""

Confidences = Float[np.ndarray, " N"]
"""A probability per example, in [0, 1]."""

Counts = Int[np.ndarray, "C C"]
"""Confusion counts: row = true class, column = predicted class."""

ClassCounts = Int[np.ndarray, " C"]
"""Examples per class."""

Lengths = Int[np.ndarray, " N"]
"""A length per example, in the unit its name says."""

Indices = Int[np.ndarray, " M"]
"""Row positions into something of length N."""

Mask = Bool[np.ndarray, " N"]
"""One flag per example."""

Digests = UInt64[np.ndarray, " N"]
"""One number per text that equal texts share."""

Ranks = Int[np.ndarray, " N"]
"""For each example how many equal ones stand before it."""

Embeddings = Float[np.ndarray, "N D"]
"""One vector per example."""

Neighbours = Int[np.ndarray, "M K"]
"""K row positions per query, the nearest first."""

Similarities = Float[np.ndarray, "M K"]
"""Cosine of a query and each of its K neighbours, in [-1, 1]."""

Points = Float[np.ndarray, "N 2"]
"""Place of each example on a map."""

Attention = Float[np.ndarray, "L H T T"]
"""attention[layer, head, query, key]; each row over the last axis sums to 1."""

Moments = Float[np.ndarray, " N"]
"""A number per example that grows with time."""
