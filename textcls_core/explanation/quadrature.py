"""Points and weights that integrate a function from -1 to 1, some of them computed before."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float
from numpy.polynomial import legendre

Points = Float[np.ndarray, " P"]


@dataclass(frozen=True, eq=False)
class Rule:
    """P points between -1 and 1; the sum of weights times values is the integral, nearly."""

    points: Points
    """Shape (P,)."""
    weights: Points
    """Shape (P,); they sum to 2."""


@cache
def gauss(num_points: int) -> Rule:
    """Return the rule of Gauss and Legendre, exact for polynomials up to degree 2 P - 1."""
    return Rule(*legendre.leggauss(num_points))


@cache
def kronrod(num_points: int) -> Rule:
    """Return the rule that adds P + 1 points to the P of `gauss`, which come first.

    It is exact for polynomials up to degree 3 P + 1.

    Args:
        num_points: P, odd; 5 and 7 are tested.

    Source:
        Kronrod 1965, "Nodes and Weights of Quadrature Formulas". The added points are the roots of
        the polynomial of Stieltjes, which times the Legendre polynomial of degree P integrates to 0
        with every power up to P.
    """
    points, weights = legendre.leggauss(2 * num_points + 2)
    powers = legendre.legvander(points, num_points + 1)
    weighted = powers[:, :-1] * (weights * powers[:, num_points])[:, None]
    products = weighted.T @ powers
    lower, *_ = np.linalg.lstsq(products[:, :-1], -products[:, -1])
    added = legendre.legroots(np.append(lower, 1.0)).real
    every = np.concatenate([gauss(num_points).points, np.sort(added)])
    integrals = np.eye(1, len(every))[0] * 2  # of the Legendre polynomials: 2, 0, 0, ...
    return Rule(every, np.linalg.solve(legendre.legvander(every, len(every) - 1).T, integrals))
