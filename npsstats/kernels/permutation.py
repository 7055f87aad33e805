r"""Studentised permutation test of the difference of two independent groups, and the limits that belong to it.

The respondents of both groups are split anew into groups of the same sizes; given how often each level occurs in both
together, the counts of one group are multivariate hypergeometric. A plain difference would test that the groups have
the same distribution. The pivot

    T = (mean_1 - mean_2 - delta) / error,    error^2 = sum_i (Q_i + s^2) / n_i^2,

with Q_i = sum (x - mean_i)^2 in group i and s^2 = Q / (N - 1) of both together, has asymptotically the same law under
the splits as in samples whose distributions differ (Janssen 1997; Chung & Romano 2013); where they are the same, the
test of delta = 0 is exact for every n. In Welch's error, with Q_i n_i / (n_i - 1), the mean takes one respondent away;
here one with the spread of all stands in instead. So the square of the error has no bias under the splits,
E*(Q_i) = (n_i - 1) s^2, exists for a group of one, and is 0 only if all ratings of both groups are the same.

Splits are listed where they are few, otherwise counts are drawn, never rows.
"""

from collections.abc import Iterator

import numpy as np
from scipy.special import binom

from npsstats.kernels.randomisation import (
    MOST_LISTED,
    Law,
    alike,
    drawn_weights,
    law_of,
    log_binomial,
    lowest_point,
    mass_up_to,
    reflected,
)
from npsstats.typing import BoolArray, FloatArray, IndexArray, IntArray

__all__ = ["listed_splits", "needs_permuting", "permutation_limits", "permutation_tails", "split_pivots"]

# In place of an error of 0, where all ratings are the same: it divides 0 to 0, and anything else to something huge.
NO_ERROR = 1e-100


def needs_permuting(counts: FloatArray) -> BoolArray:
    """Tell which rows have too many splits to list them all.

    Parameters
    ----------
    counts : ndarray, shape (rows, 2, levels)
        Respondents of both groups by level.

    Returns
    -------
    ndarray of bool, shape (rows,)
    """
    # The counts of the smaller group in all levels but one say the rest; each has so many choices at the most.
    room = np.minimum(counts.sum(axis=1), counts.sum(axis=2).min(axis=1)[:, None]) + 1.0
    return np.asarray(room.prod(axis=1) / room.max(axis=1) > MOST_LISTED)


def permutation_tails(
    counts: FloatArray,
    values: FloatArray,
    null: FloatArray | float,
    *,
    rng: np.random.Generator,
    n_resamples: int,
) -> tuple[FloatArray, FloatArray]:
    """Compute the one-sided p-values of the studentised permutation test of two independent groups.

    Parameters
    ----------
    counts : ndarray, shape (rows, 2, levels)
        Respondents of both groups by level: whole numbers, at least one a group, fewer than 10^9 in a row.
    values : ndarray, shape (levels,)
        The levels on the unit scale, ascending.
    null : float or ndarray, shape (rows,)
        The difference, first mean - second mean, under the null hypothesis.
    rng : numpy.random.Generator
        Draws the splits of rows that `needs_permuting` names; others come from all their splits.
    n_resamples : int
        How many splits to draw.

    Returns
    -------
    below, above : ndarray, shape (rows,)
        P*(T* <= T) and P*(T* >= T), against the alternatives that the difference lies below and above `null`. From b
        of B drawn splits (b + 1) / (B + 1); from all splits no less than the probability of a single one.
    """
    table, swapped = _smaller_first(counts)
    estimate, error = split_pivots(table[:, 0], table.sum(axis=1), values)
    at = (estimate - np.where(swapped, -1, 1) * null) / error
    below, above = np.empty(len(table)), np.empty(len(table))
    for rows, law in _split_laws(table, values, rng, n_resamples):
        below[rows], above[rows] = mass_up_to(law, at[rows]), mass_up_to(reflected(law), -at[rows])
    return np.where(swapped, above, below), np.where(swapped, below, above)


def permutation_limits(
    counts: FloatArray,
    values: FloatArray,
    tail: FloatArray | float,
    *,
    rng: np.random.Generator,
    n_resamples: int,
) -> tuple[FloatArray, FloatArray]:
    """Compute the limits difference - t* error, with the quantiles t* of the pivot of all splits.

    Parameters
    ----------
    counts, values, rng, n_resamples
        As for `permutation_tails`.
    tail : float or ndarray, shape (rows,)
        The error probability on each side.

    Returns
    -------
    low, high : ndarray, shape (rows,)
        The bound of a difference where no split, or none drawn, is as rare as the tail. Both 0 where more splits than
        that exist and all ratings of both groups are the same.
    """
    table, swapped = _smaller_first(counts)
    tail = np.broadcast_to(np.asarray(tail, dtype=np.float64), len(table))
    lowest, highest = np.empty(len(table)), np.empty(len(table))
    for rows, law in _split_laws(table, values, rng, n_resamples):
        lowest[rows], highest[rows] = lowest_point(law, tail[rows]), -lowest_point(reflected(law), tail[rows])
    estimate, error = split_pivots(table[:, 0], table.sum(axis=1), values)
    low, high = estimate - highest * error, estimate - lowest * error
    width = values[-1] - values[0]
    low, high = np.where(swapped, -high, low), np.where(swapped, -low, high)
    return low.clip(-width, width), high.clip(-width, width)


def listed_splits(pooled: IntArray, n: int) -> tuple[IntArray, FloatArray]:
    """List all counts by level that n respondents out of `pooled` can have, and their probabilities.

    Parameters
    ----------
    pooled : ndarray of int, shape (levels,)
        Respondents of both groups by level.
    n : int
        Those in the group, at least one and not all.

    Returns
    -------
    tables : ndarray of int, shape (splits, levels)
    weights : ndarray, shape (splits,)
        Multivariate hypergeometric probabilities.
    """
    left, later = np.array([n], dtype=np.int64), int(pooled.sum())
    share = n / later
    logarithm = np.zeros(1)
    columns: list[IntArray] = []
    for here in pooled.tolist():
        later -= here
        # As many as the later levels leave over, up to all that are there; the last level has no choice.
        first = np.maximum(left - later, 0)
        repeats = np.minimum(left, here) - first + 1
        ends = repeats.cumsum()
        taken = np.arange(ends[-1]) - np.repeat(ends - repeats - first, repeats)
        columns = [*(np.repeat(column, repeats) for column in columns), taken]
        left = np.repeat(left, repeats) - taken
        # The powers of the share are the same in all splits, and keep the terms small.
        logarithm = np.repeat(logarithm, repeats) + log_binomial(here, min(here, n), share)[taken]
    weights = np.exp(logarithm - logarithm.max())
    return np.column_stack(columns), weights / weights.sum()


def split_pivots(tables: FloatArray, pooled: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Compute difference and error of splits.

    Parameters
    ----------
    tables : ndarray, shape (..., levels)
        The counts of the first group.
    pooled : ndarray, shape (..., levels)
        Those of both.
    values : ndarray, shape (levels,)

    Returns
    -------
    difference, error : ndarray, shape (...)
    """
    first = tables.sum(axis=-1)
    both = pooled.sum(axis=-1)
    second = both - first
    # Centred at the mean of all, the two totals add up to 0, and nothing cancels.
    deviation = values - (pooled @ values / both)[..., None]
    same = np.count_nonzero(pooled, axis=-1) == 1
    deviation = np.where(same[..., None], 0.0, deviation)
    squares = (pooled * deviation**2).sum(axis=-1)
    total = np.einsum("...k,...k->...", tables, deviation)
    square = np.einsum("...k,...k->...", tables, deviation**2)
    one = squares / (both - 1)
    variance = (square - total**2 / first + one) / first**2
    variance += (squares - square - total**2 / second + one) / second**2
    return total * (1 / first + 1 / second), np.sqrt(variance.clip(min=NO_ERROR**2))


def _smaller_first(counts: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Put the smaller group first, whose splits are listed or drawn; swapping the groups then swaps the answer."""
    n = counts.sum(axis=2)
    swapped = n[:, 0] > n[:, 1]
    return np.where(swapped[:, None, None], counts[:, ::-1], counts), swapped


def _split_laws(
    counts: FloatArray, values: FloatArray, rng: np.random.Generator, n_resamples: int
) -> Iterator[tuple[IndexArray, Law]]:
    """Yield the law of the pivot, and the rows whose law it is: those of the same sizes and pooled counts."""
    pooled, n = counts.sum(axis=1).astype(np.int64), counts[:, 0].sum(axis=1).astype(np.int64)
    drawn = needs_permuting(counts)
    for rows in alike(np.column_stack([n, pooled])):
        row = rows[0]
        size, held = int(n[row]), pooled[row] > 0
        together = pooled[row, held]
        if drawn[row]:
            tables = rng.multivariate_hypergeometric(together, size, size=n_resamples, method="marginals")
            weights, unseen, least = *drawn_weights(n_resamples), 0.0
        else:
            tables, weights = listed_splits(together, size)
            unseen, least = 0.0, float(1 / binom(together.sum(), size))
        difference, error = split_pivots(tables.astype(np.float64), together.astype(np.float64), values[held])
        yield rows, law_of(difference / error, weights, unseen, least)
