"""Populations that differ by a given mean, and the exact power of a test between them."""

from collections.abc import Callable, Sequence

import numpy as np

from npsstats.kernels.enumeration import log_multinomial, outcomes
from npsstats.kernels.roots import find_roots
from npsstats.typing import FloatArray, IndexArray, IntArray

__all__ = ["Condition", "likely_outcomes", "outcome_probabilities", "rejection_given_group", "tilted_to_means"]

# What is left out has, all together, a probability below this.
NEGLIGIBLE = 1e-10

# Samples, or pairs of samples, whose statistics are computed at once.
BLOCK = 65_536

Condition = tuple[float, int]
"""A null value and a side: the test rejects if side times the statistic at the null value reaches z."""


def tilted_to_means(shares: FloatArray, values: FloatArray, means: FloatArray) -> FloatArray:
    """Tilt shares exponentially until they have given means.

    Parameters
    ----------
    shares : ndarray, shape (levels,)
        The shares w_k; they add up to 1, and at least two levels occur.
    values : ndarray, shape (levels,)
        The levels c_k, from 0 to 1.
    means : ndarray, shape (populations,)
        The means, strictly between the lowest and the highest level that occurs.

    Returns
    -------
    ndarray, shape (populations, levels)
        p_k = w_k exp(lambda c_k) / sum_j w_j exp(lambda c_j): of all shares with the mean those that are nearest to
        w in Kullback and Leibler's sense, sum p log(p / w). The odds of any two levels change by a factor that
        depends on nothing but their distance.
    """
    seen = np.flatnonzero(shares > 0)
    levels, logs = values[seen], np.log(shares[seen])

    def tilted(multiplier: FloatArray) -> FloatArray:
        exponent = logs + multiplier[:, None] * levels
        weight = np.exp(exponent - exponent.max(axis=1, keepdims=True))
        part: FloatArray = weight / weight.sum(axis=1, keepdims=True)
        return part

    def excess(multiplier: FloatArray, index: IndexArray) -> FloatArray:
        gap: FloatArray = (tilted(multiplier) * (levels - means[index, None])).sum(axis=1)
        return gap

    multiplier = np.zeros(means.size)
    # One ulp of the mean asks for no tilt: the shares stay as they are, to the last bit.
    rows = np.flatnonzero(np.abs(means - shares @ values) > 4 * np.finfo(float).eps)
    ends = np.ones(rows.size)
    multiplier[rows] = find_roots(lambda x, index: excess(x, rows[index]), -ends, ends)
    made = np.zeros((means.size, shares.size))
    made[:, seen] = np.where((multiplier == 0)[:, None], shares[seen], tilted(multiplier))
    return made


def outcome_probabilities(table: IntArray, shares: FloatArray) -> FloatArray:
    """Compute the multinomial probabilities of samples.

    Parameters
    ----------
    table : ndarray of int, shape (samples, levels)
        Respondents by level.
    shares : ndarray, shape (populations, levels)

    Returns
    -------
    ndarray, shape (populations, samples)
    """
    # A level that does not occur makes every sample with it impossible; -inf times 0 would be nan.
    log_shares = np.log(shares, out=np.full_like(shares, -1e300), where=shares > 0)
    probability: FloatArray = np.exp(log_multinomial(table) + log_shares @ table.T)
    return probability


def likely_outcomes(n: int, shares: FloatArray) -> IntArray:
    """List the samples of n respondents but for those that are next to impossible in every population.

    Parameters
    ----------
    n : int
        Respondents.
    shares : ndarray, shape (populations, levels)

    Returns
    -------
    ndarray of int, shape (samples, levels)
        In each population the others have, all together, a probability below 1e-10.
    """
    table = outcomes(n, shares.shape[1])
    kept: IntArray = table[(outcome_probabilities(table, shares) > NEGLIGIBLE / len(table)).any(axis=0)]
    return kept


def rejection_given_group(
    statistic: Callable[[FloatArray, float], FloatArray],
    conditions: Sequence[Condition],
    z: float,
    table: IntArray,
    values: FloatArray,
    reference: tuple[IntArray, FloatArray] | None = None,
    chances: FloatArray | None = None,
) -> FloatArray:
    """Compute the probability that a test rejects, given the sample of the group.

    Parameters
    ----------
    statistic : callable
        Takes counts of the shape (rows, arms, levels) and a null value; positive where the estimate is above it.
    conditions : sequence of (float, int)
        Null values and sides; the test rejects where all are met.
    z : float
        The critical value.
    table : ndarray of int, shape (samples, levels)
        The samples of the group.
    values : ndarray, shape (levels,)
        The levels, from 0 to 1.
    reference : tuple of ndarray, optional
        The samples of the reference, shape (samples, levels), and their probabilities; without it the test is one
        of the mean of the group.
    chances : ndarray, shape (samples,), optional
        The largest probability of each sample of the group: pairs that are next to impossible are left out, which
        all together have a probability below 1e-10.

    Returns
    -------
    ndarray, shape (samples,)
    """
    if reference is None:
        others, weight = np.zeros((1, 0), dtype=np.int64), np.ones(1)
        mean = np.zeros(1)
    else:
        others, weight = reference
        mean = (others @ values) / others[0].sum()
    own = (table @ values) / table[0].sum()
    probability = np.zeros(len(table))
    step = max(1, BLOCK // len(others))
    least = NEGLIGIBLE / probability.size / weight.size
    for start in range(0, len(table), step):
        estimate = own[start : start + step, None] - mean
        # Where the estimate is not beyond the null value the statistic stays below 1, however skew the samples are:
        # z of A (z^2 - 1) + z = s is below 1 for s <= 0.
        beyond = np.logical_and.reduce([(side * (estimate - null) > 0) | (z < 1) for null, side in conditions])
        if chances is not None:
            beyond &= chances[start : start + step, None] * weight > least
        first, second = np.nonzero(beyond)
        if not first.size:
            continue
        arms = [table[start + first]] if reference is None else [table[start + first], others[second]]
        counts = np.stack(arms, axis=1).astype(np.float64)
        met = np.logical_and.reduce([side * statistic(counts, null) >= z for null, side in conditions])
        np.add.at(probability, start + first[met], weight[second[met]])
    return probability
