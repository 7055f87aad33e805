"""What randomisation tests share: a law by its points and weights, its tails and its quantiles.

Only lower tails are computed; an upper one is the lower one of the reflected law. A null value lies outside a limit
exactly when its one-sided p-value lies below `tail`, the error probability on one side.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from npsstats.typing import FloatArray, IndexArray, IntArray

__all__ = [
    "MOST_LISTED",
    "Law",
    "alike",
    "drawn_weights",
    "law_of",
    "log_binomial",
    "lowest_point",
    "mass_up_to",
    "reflected",
]

# All splits, or flips, are listed up to this number: some 50 ms a row.
MOST_LISTED = 200_000

# A probability this close to a level counts as equal to it, relatively: rounding must not move a limit.
TIE = 1e-10
# Two points this close, relatively, are meant to be the same.
NEAR = 1e-9


@dataclass(frozen=True, slots=True)
class Law:
    """A discrete law that a point is compared with.

    Attributes
    ----------
    points : ndarray, shape (points,)
        Ascending.
    weights : ndarray, shape (points,)
        Their probabilities.
    unseen : float
        Probability that counts as extreme on both sides: that of what is observed.
    least : float
        No tail is smaller.
    """

    points: FloatArray
    weights: FloatArray
    unseen: float
    least: float


def law_of(points: FloatArray, weights: FloatArray, unseen: float, least: float = 0.0) -> Law:
    """Sort the points."""
    order = np.argsort(points)
    return Law(points[order], weights[order], unseen, least)


def reflected(law: Law) -> Law:
    """Turn the points x into -x."""
    return replace(law, points=-law.points[::-1], weights=law.weights[::-1])


def mass_up_to(law: Law, at: FloatArray) -> FloatArray:
    """Compute the probability of points no higher than each of `at`."""
    reached = np.searchsorted(law.points, at + NEAR * (1 + np.abs(at)), side="right")
    mass = np.concatenate([[law.unseen], law.unseen + law.weights.cumsum()])[reached]
    return mass.clip(law.least, 1.0)


def lowest_point(law: Law, tail: FloatArray) -> FloatArray:
    """Find the lowest point up to which the probability reaches each `tail`; -inf if it needs none."""
    wanted = tail * (1 - TIE)
    reached = np.searchsorted(law.unseen + law.weights.cumsum(), wanted)
    points = np.append(law.points, np.inf)[reached]
    return np.where(max(law.unseen, law.least) >= wanted, -np.inf, points)


def alike(keys: IntArray) -> Iterator[IndexArray]:
    """Yield the rows that have the same key, which share a law."""
    _, which = np.unique(keys, axis=0, return_inverse=True)
    order = np.argsort(which, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(which[order])) + 1)


def drawn_weights(n_resamples: int) -> tuple[FloatArray, float]:
    """Share the weight of the draws with what is observed: (b + 1) / (B + 1)."""
    each = 1 / (n_resamples + 1)
    return np.full(n_resamples, each), each


def log_binomial(n: int, highest: int, share: float) -> FloatArray:
    """Compute log(C(n, k) (share / (1 - share))^k) for k up to `highest`, less that of the largest."""
    k = np.arange(1, highest + 1)
    steps = np.log((n + 1 - k) / k * (share / (1 - share)))
    # Added up from the peak on: far from it the terms are large, but matter to no probability.
    peak = min(highest, int(n * share))
    below, above = -steps[:peak][::-1].cumsum()[::-1], steps[peak:].cumsum()
    return np.concatenate([below, np.zeros(1), above])
