"""What the intervals of all pairs of samples say of a true difference, where two arms can be taken apart.

A resampled or a posterior difference is one of independent parts, so P(difference <= delta) for all samples of one
group against all of the other is a product of two matrices; and a MOVER limit adds what each sample contributes. So
these methods need no simulation, and no limits: an interval lies to the right of delta if the tail below delta is
smaller than the level of its lower limit. A test compares the answers with those of `compare`.
"""

from functools import lru_cache

import numpy as np
from scipy.special import betainc, betaincinv, ndtr, ndtri

from npsstats.kernels.enumeration import outcomes
from npsstats.kernels.restricted import restricted_limit
from npsstats.kernels.score import plain_score

__all__ = ["LAWS", "VALUES", "positions"]

VALUES = np.array([0.0, 0.5, 1.0])
TAIL = 0.025
Z = -ndtri(TAIL)
# Cells of the unit scale, nodes of the share that is not passive, and steps of the angle of the share of promoters.
CELLS, NODES, ANGLES = 1_000, 64, 512
# Two totals this close are meant to be the same.
NEAR = 1e-9
# FFTs leave some 1e-16 in place of 0.
ROUNDING = 1e-14

Misses = tuple[np.ndarray, np.ndarray]


def totals(table: np.ndarray) -> np.ndarray:
    """The law of the total, 0 ... 2 n, of n ratings resampled from each sample."""
    n = int(table[0].sum())
    root = np.exp(-2j * np.pi * np.arange(2 * n + 1) / (2 * n + 1))
    law = np.fft.ifft((table / n @ np.stack([root**0, root, root**2])) ** n, axis=1).real
    return np.where(law < ROUNDING, 0, law)


def tails_of_totals(own: np.ndarray, other: np.ndarray, steps: np.ndarray) -> Misses:
    """P(U >= v), P(U <= v) at v = steps[t], for the total t of one arm and U of the other, added up over t.

    Steps are real; ones that are nearly whole are.
    """
    top = other.shape[1]
    up = np.concatenate([other[:, ::-1].cumsum(axis=1)[:, ::-1], np.zeros((len(other), 1))], axis=1)
    down = np.concatenate([np.zeros((len(other), 1)), other.cumsum(axis=1)], axis=1)
    at_least = np.ceil(steps - NEAR).clip(0, top).astype(int)
    at_most = (np.floor(steps + NEAR) + 1).clip(0, top).astype(int)
    return own @ up[:, at_least].T, own @ down[:, at_most].T


def percentile(first: np.ndarray, second: np.ndarray, true: float) -> Misses:
    n, m = first[0].sum(), second[0].sum()
    # T / 2n - U / 2m <= delta.
    below, above = tails_of_totals(totals(first), totals(second), m * (np.arange(2 * n + 1) / n - 2 * true))
    return above < TAIL * (1 - NEAR), below < TAIL * (1 - NEAR)


def bca(first: np.ndarray, second: np.ndarray, true: float) -> Misses:
    n, m = first[0].sum(), second[0].sum()
    own, other = totals(first), totals(second)
    z0 = ndtri(middle_probability(first, second, own, other))
    a = skewness(first, second) / 6

    def level(z0: np.ndarray, a: np.ndarray) -> np.ndarray:
        room = 1 - a * (z0 - Z)
        return ndtr(z0 + np.where(room > 0, (z0 - Z) / np.where(room > 0, room, 1), -np.inf))

    below, above = tails_of_totals(own, other, m * (np.arange(2 * n + 1) / n - 2 * true))
    # No level excludes a difference beyond which no resample goes.
    right = (below < level(z0, a) * (1 - NEAR)) & (above > 10 * ROUNDING)
    left = (above < level(-z0, -a) * (1 - NEAR)) & (below > 10 * ROUNDING)
    nothing = (below <= 10 * ROUNDING), (above <= 10 * ROUNDING)
    return left | nothing[1], right | nothing[0]


def middle_probability(first: np.ndarray, second: np.ndarray, own: np.ndarray, other: np.ndarray) -> np.ndarray:
    """P(D* < D) + P(D* = D) / 2, with totals counted from the observed ones."""
    n, m = first[0].sum(), second[0].sum()

    def centred(law: np.ndarray, table: np.ndarray, n: int) -> np.ndarray:
        moved = np.zeros((len(law), 4 * n + 1))
        place = np.arange(2 * n + 1) - (table @ [0, 1, 2])[:, None] + 2 * n
        np.put_along_axis(moved, place, law, axis=1)
        return moved

    steps = m / n * np.arange(-2 * n, 2 * n + 1) + 2 * m
    at_most, at_least = tails_of_totals(centred(own, first, n), centred(other, second, m), steps)
    return ((1 + at_most - at_least) / 2).clip(1e-300, 1 - 1e-16)


def skewness(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Skewness of the resampled difference."""
    moments = []
    for table in (first, second):
        n = table[0].sum()
        deviation = VALUES - (table / n @ VALUES)[:, None]
        moments.append([(table * deviation**k).sum(axis=1) / n**k for k in (2, 3)])
    (own, own_third), (other, other_third) = moments
    variance = own[:, None] + other
    third = own_third[:, None] - other_third
    return np.divide(third, variance**1.5, out=np.zeros_like(variance), where=variance > 0)


def mover(first: np.ndarray, second: np.ndarray, true: float) -> Misses:
    arms = []
    for table in (first, second):
        mean = table @ VALUES / table[0].sum()
        reach = [
            mean - restricted_limit(plain_score, table[:, None].astype(float), VALUES, np.ones(1), Z, side)
            for side in (1, -1)
        ]
        arms.append((mean, *(r**2 for r in reach)))
    (mean, down, up), (other, other_down, other_up) = arms
    difference = mean[:, None] - other
    low = difference - np.sqrt(down[:, None] + other_up)
    high = difference + np.sqrt(up[:, None] + other_down)
    return high < true - NEAR, low > true + NEAR


def angle_weights(n: int, others: int) -> np.ndarray:
    """Matrix that makes of P(R <= sin^2(angle)) the distribution function of the mean, at the ends of the cells.

    The mean is T R + (1 - T) / 2, with T, the share that is not passive, independent of R, that of promoters in T;
    `others` of n sampled ratings are no passives.
    """
    share = betaincinv(others + 1, n - others + 0.5, (np.arange(NODES) + 0.5) / NODES)[:, None]
    r = ((np.linspace(0, 1, CELLS + 1) - (1 - share) / 2) / share).clip(0, 1)
    place = np.arcsin(np.sqrt(r)) * 2 / np.pi * ANGLES
    left = np.minimum(place.astype(int), ANGLES - 1)
    cell = left * (CELLS + 1) + np.arange(CELLS + 1)
    size = (ANGLES + 1) * (CELLS + 1)
    weights = np.bincount(cell.ravel(), (1 - place + left).ravel() / NODES, size)
    weights += np.bincount(cell.ravel() + CELLS + 1, (place - left).ravel() / NODES, size)
    return weights.reshape(ANGLES + 1, CELLS + 1)


@lru_cache(maxsize=2)
def posteriors(n: int) -> np.ndarray:
    """Distribution functions of the posterior means of all samples of n, with Jeffreys' prior, at the ends of cells."""
    table = outcomes(n, 3)
    r = np.sin(np.linspace(0, np.pi / 2, ANGLES + 1)) ** 2
    made = np.empty((len(table), CELLS + 1))
    others = table[:, 0] + table[:, 2]
    for count in range(n + 1):
        rows = np.flatnonzero(others == count)
        below = betainc(table[rows, 2, None] + 0.5, table[rows, 0, None] + 0.5, r)
        made[rows] = below @ angle_weights(n, count)
    return made


def positions(table: np.ndarray) -> np.ndarray:
    """Where samples stand in the list of all of their size."""
    lowest, middle = table[:, 0], table[:, 1]
    return lowest * (table[0].sum() + 1) - lowest * (lowest - 1) // 2 + middle


def bayes(first: np.ndarray, second: np.ndarray, true: float) -> Misses:
    own, other = (posteriors(int(table[0].sum()))[positions(table)] for table in (first, second))
    at = np.linspace(0, 1, CELLS + 1) - true
    place = at.clip(0, 1) * CELLS
    left = np.minimum(place.astype(int), CELLS - 1)
    part = place - left
    beyond = 1 - (other[:, left] * (1 - part) + other[:, left + 1] * part)
    # P(mean_1 - mean_2 <= delta): the trapezoidal rule over the cells of mean_1.
    below = np.diff(own, axis=1) @ ((beyond[:, 1:] + beyond[:, :-1]) / 2).T
    return 1 - below < TAIL, below < TAIL


LAWS = {"mover": mover, "bootstrap-percentile": percentile, "bootstrap-bca": bca, "bayes": bayes}
